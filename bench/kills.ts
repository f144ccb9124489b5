import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { killRounds, writeEvents } from "../test/faults/kill-rounds.ts";
import { killTopic } from "../test/faults/kill-topic.ts";
import { startKafka } from "../test/support/kafka.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { databasesOf } from "../test/support/processes.ts";

/**
 * kill -9 of the running service at random moments, over one stream, restarted each time; then the store compared with
 * that of an undisturbed run.
 *   node --import tsx bench/kills.ts [--kills 50] [--records 400000] [--from file,kafka] [--store embedded,postgres]
 */
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    records: { type: "string", default: "400000" },
    from: { type: "string", default: "file,kafka" },
    store: { type: "string", default: "embedded,postgres" },
  },
});
const kills = Number(values.kills);
const records = Number(values.records);
const folder = mkdtempSync(join(tmpdir(), "tg-kills-"));
const kafka = values.from.includes("kafka") ? await startKafka() : null;
const file = writeEvents(folder, records);

console.log("source  store     kills  positions seen  signals  equal  databases left");
let failed = false;
try {
  for (const from of values.from.split(","))
    for (const store of values.store.split(",")) failed = !(await one(from, store)) || failed;
} finally {
  if (kafka && !("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function one(from: string, store: string): Promise<boolean> {
  const place = mkdtempSync(join(folder, `${from}-${store}-`));
  if (from === "kafka" && (!kafka || "skip" in kafka)) return false;
  const source =
    from === "file"
      ? { top: "", monitor: `{ file: { path: ${file} } }` }
      : await killTopic(kafka as Exclude<typeof kafka, null | { skip: string }>, records);
  const server = store === "postgres" ? await startPostgres() : null;
  const urls = server ? { quiet: server.url, loud: await server.database() } : null;
  try {
    const result = await killRounds({
      folder: place,
      store: (f) =>
        store === "embedded"
          ? `{ kind: embedded, path: ${join(f, "data")} }`
          : `{ kind: postgres, url: "${f.endsWith("loud") ? urls!.loud : urls!.quiet}" }`,
      source,
      records,
      kills,
      seed: 7,
    });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const left = databasesOf(place).length;
    const equal = isDeepStrictEqual(result.killed, result.undisturbed);
    console.log(
      `${from.padEnd(7)} ${store.padEnd(9)} ${String(kills).padEnd(6)} ${String(result.progressed).padEnd(15)} ${String(result.signals).padEnd(8)} ${String(equal).padEnd(6)} ${left}`,
    );
    return equal && left === 0;
  } finally {
    await server?.stop();
  }
}
