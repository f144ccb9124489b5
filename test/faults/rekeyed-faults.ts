import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaCluster } from "../support/kafka-cluster.ts";
import type { RekeyedScene } from "./rekeyed-scene.ts";

export interface RekeyedFault {
  readonly name: string;
  disturb(scene: RekeyedScene): Promise<void>;
  /** Of the config, as YAML. */
  readonly checkpoint?: string;
  /** Whoever is killed had written what it did not commit: the next owner writes it again. */
  readonly writesAgain?: boolean;
}

/** Faults of members that key events anew, over one broker. */
export const REKEYED_FAULTS = {
  killed: { name: "killed again and again", disturb: killed, writesAgain: true },
  inBetween: {
    name: "killed between what it wrote and its commit",
    disturb: killedInBetween,
    checkpoint: "{ seconds: 2, events: 50000 }",
    writesAgain: true,
  },
  rebalanced: { name: "rebalanced", disturb: rebalanced },
  paused: { name: "stopped past a member's session and continued", disturb: paused },
} as const satisfies Record<string, RekeyedFault>;

/** Over three brokers. */
export const leaderKilled = (cluster: KafkaCluster): RekeyedFault => ({
  name: "the leader of a partition of the internal topic is killed and comes back, twice",
  async disturb({ internal, rest }) {
    for (const partition of [0, 1]) {
      await rest(500);
      const leader = await cluster.leaderOf(internal, partition);
      await cluster.stopNode(leader, "SIGKILL");
      await sleep(3000);
      await cluster.startNode(leader);
      await cluster.untilInSync(internal);
    }
  },
});

async function killed(scene: RekeyedScene): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await scene.rest(900);
    await scene.end(scene.members[0]!, "SIGKILL");
    await scene.startMember();
  }
}

async function rebalanced(scene: RekeyedScene): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await scene.rest(600);
    await scene.startMember();
    await scene.rest(1500);
    await scene.end(scene.members[0]!, "SIGTERM");
  }
}

/** Past its session and on again: it finds its records in hand, and goes on writing them. */
async function paused(scene: RekeyedScene): Promise<void> {
  await scene.rest(800);
  const zombie = scene.members[0]!;
  zombie.process.kill("SIGSTOP");
  await sleep(3500);
  await scene.rest(1000);
  zombie.process.kill("SIGCONT");
}

async function killedInBetween(scene: RekeyedScene): Promise<void> {
  for (let i = 0; i < 3; i++) {
    let from = await scene.progress();
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(20)) {
      const now = await scene.progress();
      if (now.committed !== from.committed) from = now;
      // Both members write of each piece that is sent.
      if (now.written - from.written >= 300) break;
    }
    await scene.end(scene.members[0]!, "SIGKILL");
    await scene.startMember();
  }
}
