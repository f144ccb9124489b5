import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { type Random, uniform } from "../../detectors/statistics/random.ts";
import { eventLine, type Scene } from "./disturbed.ts";

export interface Fault {
  readonly name: string;
  disturb(scene: Scene): Promise<void>;
  /** What members must have noticed of it, in their logs: else it did not happen. */
  readonly noticed?: RegExp;
  /** Instead of the ordinary events. */
  lines?(partition: number, i: number, random: Random): string;
}

/** Faults of members, group and store, over one broker. */
export const FAULTS: readonly Fault[] = [
  {
    name: "kill -9 of a member, before, during or after a commit",
    async disturb(scene) {
      for (let i = 0; i < 3; i++) {
        await scene.rest(900);
        await scene.end(scene.members[0]!, "SIGKILL");
        await scene.startMember();
      }
    },
  },
  {
    name: "a member joins and leaves in the middle of a batch",
    async disturb(scene) {
      for (let i = 0; i < 2; i++) {
        await scene.rest(600);
        const member = await scene.startMember();
        await scene.rest(1500);
        await scene.end(uniform(scene.random) < 0.5 ? member : scene.members[0]!, "SIGTERM");
      }
    },
  },
  {
    noticed: /not aware of this member|Another member owns/,
    name: "an owner is stopped past its session and continued: the zombie writes nothing",
    async disturb(scene) {
      await scene.rest(800);
      const zombie = scene.members[0]!;
      zombie.process.kill("SIGSTOP");
      await sleep(scene.sessionMs + 1500);
      await scene.rest(1000);
      zombie.process.kill("SIGCONT");
    },
  },
  {
    noticed: /STORE_UNAVAILABLE/,
    name: "the store crashes, comes back, and hangs",
    async disturb({ server, rest }) {
      await rest(800);
      await server.crash();
      await sleep(1500);
      await server.restart();
      await rest(800);
      server.pause();
      await sleep(1500);
      server.resume();
    },
  },
  {
    name: "the group's offsets are deleted and moved under us",
    async disturb(scene) {
      for (const offset of ["0", "999999", "7"]) {
        await scene.rest(500);
        // The group refuses it while it has members: they leave for the moment.
        for (const member of [...scene.members]) await scene.end(member, "SIGKILL");
        await moved(scene, offset);
        await scene.startMember();
      }
    },
  },
  {
    name: "aborted transactions among the records, and tombstones",
    async disturb({ kafka, topic, rest }) {
      const producer = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).producer({
        transactionalId: kafka.unique("tx"),
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      for (let i = 0; i < 24; i++) {
        await rest(150);
        const transaction = await producer.transaction();
        const messages = Array.from({ length: 50 }, (_, j) => ({
          partition: i % 4,
          value: j % 10 === 9 ? null : `{"key":"p${i % 4}-k${j % 8}","value":${i % 2 === 0 ? 0.5 : 99}}`,
        }));
        await transaction.send({ topic, messages });
        if (i % 2 === 0) await transaction.commit();
        else await transaction.abort();
      }
      await producer.disconnect();
    },
  },
  {
    name: "every event twice, messages of 4 MB, a tenth garbage",
    disturb: ({ rest }) => rest(500),
    lines(partition, i, random) {
      if (i % 5000 === 4000) return `{"key":"p${partition}-k1","value":1,"pad":"${"x".repeat(4 << 20)}"}`;
      if (i % 10 === 3) return "\u0000{not json";
      return eventLine(partition, i >> 1, random);
    },
  },
];

async function moved({ kafka, group, topic }: Scene, offset: string): Promise<void> {
  for (const until = Date.now() + 30_000; ; await sleep(200)) {
    try {
      if (offset === "7") await kafka.admin.deleteGroups([group]);
      else {
        const partitions = [0, 1, 2, 3].map((partition) => ({ partition, offset }));
        await kafka.admin.setOffsets({ groupId: group, topic, partitions });
      }
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
