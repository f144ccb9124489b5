/** Process CPU of a file source per line, read and decode. `node --import tsx bench/ingest-file.ts` */
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { z } from "zod";
import type { Intake } from "../engine/source.ts";
import { createDecoder } from "../ingest/decode/decoder.ts";
import { createFileSource } from "../ingest/file.ts";

const LINES = 2_000_000;
const folder = mkdtempSync(join(tmpdir(), "tidegauge-bench-"));
const path = join(folder, "events.ndjson");
const file = createWriteStream(path);
for (let i = 0; i < LINES; i += 10_000) {
  const lines = Array.from(
    { length: 10_000 },
    (_, k) => `{"key":"k${k % 50}","value":${((i + k) * 1.37).toFixed(4)}}\n`,
  );
  if (!file.write(lines.join(""))) await new Promise((resolve) => file.once("drain", () => resolve(undefined)));
}
file.end();
await finished(file);

const decode = createDecoder({ event: z.strictObject({ value: z.number() }) });
await measure("lines only", () => {});
await measure("lines and decode", (batch) => {
  for (const record of batch.records) decode(record);
});
rmSync(folder, { recursive: true });

async function measure(name: string, take: (batch: Parameters<Intake["deliver"]>[1]) => void): Promise<void> {
  let events = 0;
  let peak = 0;
  const start = process.cpuUsage();
  await createFileSource({ path }).run({
    claim: async () => ({ nextOffset: null, cursor: null }),
    async deliver(_, batch) {
      take(batch);
      events += batch.records.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    },
    release: async () => {},
    highWatermark: () => {},
    halt: () => {},
  });
  const { user, system } = process.cpuUsage(start);
  console.log(`${name}: ${((user + system) / events).toFixed(2)} µs per line, rss ${(peak / 2 ** 20).toFixed(0)} MiB`);
}
