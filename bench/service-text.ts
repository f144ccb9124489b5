import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { COLUMNS, measureService } from "./measure-service.ts";
import { type Corpus, loadCorpus, seeded, shuffle } from "./short-text-clinc.ts";

/**
 * CPU of the running service and its PostgreSQL per utterance: CLINC150 through a file, reference of 1,500.
 *   DATASETS_DIR=… node --import tsx bench/service-text.ts [--events 50000]
 * Limits: ≤ 120 µs with supplied 384-d embeddings (base64), ≤ 200 µs with the hash encoder.
 */
const { values } = parseArgs({ options: { events: { type: "string", default: "50000" } } });
const events = Number(values.events);
const corpus = loadCorpus();
if (corpus === null) console.log("SKIPPED: set DATASETS_DIR to a folder with clinc150.json");
else await measureAll(corpus);

async function measureAll(from: Corpus): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tg-bench-text-"));
  console.log(`encoder      ${COLUMNS}`);
  try {
    for (const encoder of ["none", "hash"]) {
      const place = mkdtempSync(join(folder, `${encoder}-`));
      const path = join(place, "events.ndjson");
      await write(path, from, encoder === "none");
      const config = `embedder: { kind: ${encoder} }
monitors:
  m:
    detector: short-text
    source: { file: { path: ${path} } }
    reference: { first: 1500 }
`;
      console.log(`${encoder.padEnd(12)} ${await measureService(place, config, events)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function write(path: string, { texts, embeddings, dim }: Corpus, embedded: boolean): Promise<void> {
  const out = createWriteStream(path);
  const order = shuffle([...texts.keys()], seeded(1));
  for (let i = 0; i < events; i++) {
    const row = order[i % order.length]!;
    const vector = embeddings.subarray(row * dim, (row + 1) * dim);
    const embedding = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
    const line = JSON.stringify(embedded ? { text: texts[row], embedding } : { text: texts[row] });
    if (!out.write(`${line}\n`)) await once(out, "drain");
  }
  await new Promise<void>((resolve) => out.end(() => resolve()));
}
