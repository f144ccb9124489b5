import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startKafka } from "../support/kafka.ts";
import { startTidegauge, untilCommitted } from "../support/service.ts";

const kafka = await startKafka();
const folder = mkdtempSync(join(tmpdir(), "tg-missing-"));
afterAll(async () => {
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf("skip" in kafka)(
  "a topic that does not exist halts its monitor alone, and says what to do",
  async () => {
    if ("skip" in kafka) return;
    const topic = kafka.unique("there");
    await kafka.createTopic(topic, 1);
    await kafka.produce(topic, 0, ['{"value":1}', '{"value":2}']);
    const service = startTidegauge(
      `store: { kind: memory }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic} }
monitors:
  there: { detector: numeric, source: { kafka: { topic: ${topic} } } }
  gone: { detector: numeric, source: { kafka: { topic: ${kafka.unique("gone")} } } }
`,
      folder,
    );
    try {
      await untilCommitted(service, "there", 2, 60_000);
      const gone = await service.json<{ state: string; error: string }>("/api/v1/monitors/gone");
      expect(gone.state).toBe("halted");
      expect(gone.error).toMatch(/does not exist: the brokers do not know it\. Create it/);
      expect(await service.json<{ state: string }>("/api/v1/monitors/there")).toMatchObject({
        state: "running",
        error: null,
      });
      expect((await fetch(`${await service.url}/readyz`)).status).toBe(503);
    } finally {
      await service.kill("SIGTERM");
    }
  },
  90_000,
);
