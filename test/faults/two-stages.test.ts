import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { simulateFleet } from "../../detectors/context-drift/simulated-fleet.ts";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { allSignals, type RunningService, startTidegauge } from "../support/service.ts";
import { leftBehind, saidTwice } from "./left-behind.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-two-stages-"));
const kafka = await startKafka();
const possible = !("skip" in kafka) && findPostgres() !== null;
if (!possible) console.warn("SKIPPED, two stages over members: it needs Kafka and PostgreSQL.");
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

const PARTITIONS = 4;
const CONVERSATIONS = 900;
const TURNS = 6;

interface Key {
  readonly key: string;
  readonly events: number;
}

test.skipIf(!possible)(
  "members are killed: each turn counts once where it came, each conversation once in its fleet",
  async () => {
    if ("skip" in kafka) return;
    const topic = kafka.unique("turns");
    await kafka.createTopic(topic, PARTITIONS);
    const url = await server!.database();
    const config = `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic}, sessionSeconds: 1 }
monitors:
  m:
    detector: context-drift
    source: { kafka: { topic: ${topic} } }
    key: /model
    repartition: { stages: 2, partitions: 3 }
    reference: { first: 200 }
    checkpoint: { seconds: 0.2, events: 5000 }
`;
    const members: RunningService[] = [];
    const start = () => members.push(startTidegauge(config, mkdtempSync(join(folder, "m-"))));
    // One fleet over all partitions: its level moves; conversations of one are on one partition. Another model beside.
    const shift = (i: number): number => (i >= 600 ? 3 : 0);
    const events = [
      ...simulateFleet({ seed: 5, conversations: CONVERSATIONS, turns: TURNS, phi: 0.5, tau: 1.5, shift }),
    ].map((event) => ({ ...event, model: Number(event.conversation.slice(1)) % 10 === 9 ? "small" : "large" }));
    const send = async (): Promise<void> => {
      const chunk = Math.ceil(events.length / 40);
      for (let i = 0; i < events.length; i += chunk) {
        const lines: string[][] = Array.from({ length: PARTITIONS }, () => []);
        for (const event of events.slice(i, i + chunk))
          lines[Number(event.conversation.slice(1)) % PARTITIONS]!.push(JSON.stringify(event));
        for (let p = 0; p < PARTITIONS; p++) await kafka.produce(topic, p, lines[p]!);
        await sleep(200);
      }
    };
    const fleets = async (): Promise<readonly Key[]> =>
      (await members.at(-1)!.json<{ keys: Key[] }>("/api/v1/monitors/m/keys?limit=50")).keys;
    const eventsOf = (keys: readonly Key[], which: (key: string) => boolean): number =>
      keys.filter(({ key }) => which(key)).reduce((sum, { events }) => sum + events, 0);
    try {
      start();
      start();
      await members[0]!.url;
      const sending = send();
      for (let kill = 0; kill < 4; kill++) {
        await sleep(1500);
        await members[kill]!.kill("SIGKILL");
        start();
        await members.at(-1)!.url;
      }
      await sending;
      let keys: readonly Key[] = [];
      for (const until = Date.now() + 90_000; Date.now() < until; await sleep(200)) {
        keys = await fleets();
        if (eventsOf(keys, (key) => !key.includes("@")) >= CONVERSATIONS) break;
      }
      // Nothing more comes.
      await sleep(1500);
      keys = await fleets();
      expect(eventsOf(keys, (key) => key.includes("@"))).toBe(events.length);
      expect(eventsOf(keys, (key) => key === "small")).toBe(CONVERSATIONS / 10);
      expect(eventsOf(keys, (key) => key === "large")).toBe((9 * CONVERSATIONS) / 10);
      const signals = await allSignals(members.at(-1)!);
      const shifts = signals.filter(({ kind }) => kind === "fleet_shift");
      expect(shifts.map(({ key }) => key)).toEqual(["large"]);
      expect(saidTwice(await leftBehind(url))).toBe(0);
    } finally {
      for (const member of members) if (member.process.exitCode === null) await member.kill("SIGKILL");
    }
  },
  300_000,
);
