import { Kafka, logLevel } from "kafkajs";
import { afterAll, expect, test } from "vitest";
import { createKafkaChannel } from "../../adapters/channels/kafka.ts";
import { createRecordSender } from "../../cli/kafka-sender.ts";
import { silentLog } from "../../engine/log.ts";
import type { DueNotification } from "../../engine/outbox.ts";
import { startKafka } from "../support/kafka.ts";

const broker = await startKafka();
afterAll(async () => {
  if (!("skip" in broker)) await broker.stop();
});

interface Read {
  readonly partition: number;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly event: { id: string; type: string; subject: string; partitionkey: string; data: { summary: string } };
}

test.skipIf("skip" in broker)(
  "notifications are CloudEvents on a real topic, a key's in order on one partition; a topic that is not there is a failed try",
  async () => {
    if ("skip" in broker) return;
    const topic = broker.unique("alerts");
    await broker.createTopic(topic, 4);
    const sender = createRecordSender({ brokers: broker.brokers, ssl: false }, silentLog);
    const channel = createKafkaChannel({ name: "bus", topic, sender });
    const deliver = (n: DueNotification) => channel.deliver(n, new AbortController().signal);
    const phases = ["opened", "updated", "resolved"] as const;
    for (const phase of phases)
      for (let k = 0; k < 20; k++) expect(await deliver(notification(`k${k}`, phase))).toEqual({ kind: "delivered" });
    const read = await readAll(broker.brokers, topic, 60);
    expect(new Set(read.map((r) => r.event.id)).size).toBe(60);
    expect(new Set(read.map((r) => r.partition)).size).toBeGreaterThan(1);
    for (let k = 0; k < 20; k++) {
      const mine = read.filter((r) => r.event.subject === `k${k}`);
      expect(new Set(mine.map((r) => r.partition)).size).toBe(1);
      expect(mine.map((r) => r.headers["tidegauge-phase"])).toEqual([...phases]);
      expect(mine.map((r) => r.event.type)).toEqual(phases.map((phase) => `io.tidegauge.drift.${phase}`));
      expect(mine[0]).toMatchObject({ key: `bot/k${k}`, event: { partitionkey: `bot/k${k}` } });
      expect(mine[0]!.headers["content-type"]).toContain("application/cloudevents+json");
    }
    const missing = createKafkaChannel({ name: "bus", topic: broker.unique("nowhere"), sender, timeoutMs: 20_000 });
    const failed = await missing.deliver(notification("k", "opened"), new AbortController().signal);
    expect(failed).toMatchObject({ kind: "retry", error: expect.stringContaining("bus cannot be reached") });
    // The sender connects anew afterwards.
    expect(await deliver(notification("k0", "opened"))).toEqual({ kind: "delivered" });
    await sender.close();
  },
  120_000,
);

function notification(key: string, phase: DueNotification["phase"]): DueNotification {
  const about = { monitor: "bot", detector: "numeric", key, kind: "drift", severity: "warning" } as const;
  const body = JSON.stringify({ id: "sig", kind: "drift", severity: "warning", time: null, summary: "moved" });
  const id = `ntf_${key}_${phase}`;
  return { id, episode: `epi_${key}`, signal: "sig", channel: "bus", phase, about, body, attempts: 1, createdAt: 0 };
}

async function readAll(brokers: string[], topic: string, count: number): Promise<Read[]> {
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: `${topic}-reader` });
  const read: Read[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ partition, message }) => {
        const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, v]) => [name, String(v)]));
        read.push({ partition, key: String(message.key), headers, event: JSON.parse(String(message.value)) });
        if (read.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return read;
}
