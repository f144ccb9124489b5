import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { createRandom, type Random, uniform } from "../detectors/statistics/random.ts";
import { startKafka } from "../test/support/kafka.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { startReceiver } from "../test/support/receiver.ts";
import { startTidegauge } from "../test/support/service.ts";
import { cpuOf, residentMiB } from "./process-cpu.ts";

/**
 * A day of 50 million events (578 a second) in some half an hour: numbers of 1,000 keys and, of a hundred events one,
 * texts of 20 bots, both with changes; signals go to a webhook. Kafka and the store keep a few minutes only, so that what
 * is told of flatness is told of something that comes and goes. A row for every tenth of the run.
 *   node --import tsx bench/soak.ts [--events 50000000] [--rate 40000]
 */
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "50000000" },
    rate: { type: "string", default: "40000" },
    keys: { type: "string", default: "1000" },
    retentionMinutes: { type: "string", default: "4" },
  },
});
const [events, rate, keys, minutes] = [values.events, values.rate, values.keys, values.retentionMinutes].map(
  Number,
) as [number, number, number, number];
const PARTITIONS = 4;
const BOTS = 20;
/** Of so many events one is a text. */
const TEXT_EVERY = 100;
const TICK_MS = 100;
/** Of a key's events, how often its level moves. */
const MOVES = 1 / 50_000;

const folder = mkdtempSync(join(tmpdir(), "tg-soak-"));
const kafka = await startKafka();
if ("skip" in kafka) throw new RangeError(kafka.skip);
const server = await startPostgres();
const database = await server.database();
const kept = { "retention.ms": String(minutes * 60_000), "segment.bytes": String(16 << 20) };
const [numbers, texts] = [kafka.unique("soak-numbers"), kafka.unique("soak-texts")];
await kafka.createTopic(numbers, PARTITIONS, kept);
await kafka.createTopic(texts, 1, kept);
const receiver = await startReceiver((_, reply) => reply.writeHead(204).end());
const days = minutes / 1440;
const service = startTidegauge(
  `store: { kind: postgres, url: "${database}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${numbers} }
retention: { signalDays: ${days}, deadLetterDays: ${days} }
alerts:
  hook: { webhook: { url: "${receiver.url}", secret: whsec_c29hay1zZWNyZXQtb2YtdGhlLWJlbmNo } }
monitors:
  latency:
    detector: numeric
    source: { kafka: { topic: ${numbers} } }
    alerts: [hook]
  bots:
    detector: short-text
    source: { kafka: { topic: ${texts} } }
    alerts: [hook]
`,
  folder,
);
const pid = service.process.pid!;
const rows: string[] = [];
/** Events that the service had taken when it was last asked. */
let seen = 0;
try {
  await service.url;
  const client = new pg.Client(database);
  await client.connect();
  console.log(
    "events M  minutes  events/s  CPU µs/event  decision p99 ms  commit p99 ms  lag  RSS MiB  store MiB  signals kept  webhooks  rejected",
  );
  const sender = send();
  const started = Date.now();
  let before = await look(client);
  for (let part = 1; part <= 10; part++) {
    const goal = Math.round((events * part) / 10);
    while (Number((await look(client)).accepted) < goal * 0.999) await sleep(1000);
    const now = await look(client);
    const seconds = (now.at - before.at) / 1000;
    const count = now.accepted - before.accepted;
    rows.push(
      [
        (now.accepted / 1e6).toFixed(1).padEnd(9),
        ((now.at - started) / 60_000).toFixed(1).padEnd(8),
        Math.round(count / seconds)
          .toString()
          .padEnd(9),
        ((1000 * (now.cpu - before.cpu)) / count).toFixed(2).padEnd(13),
        p99("event_to_decision_seconds", before.text, now.text).padEnd(16),
        p99("event_to_commit_seconds", before.text, now.text).padEnd(14),
        String(now.lag).padEnd(4),
        now.resident.toFixed(0).padEnd(8),
        now.storeMiB.toFixed(1).padEnd(10),
        String(now.signals).padEnd(13),
        String(now.webhooks).padEnd(9),
        String(now.rejected),
      ].join(" "),
    );
    console.log(rows.at(-1));
    console.log(`    ${await tables(client)}`);
    before = now;
  }
  console.log(`the sender was at most ${await sender} ms behind its clock`);
  await client.end();
} finally {
  await service.kill("SIGTERM");
  await receiver.close();
  await server.stop();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** At the wanted rate; one partition per send. Returns how far it fell behind, ms. */
async function send(): Promise<number> {
  if ("skip" in kafka) return 0;
  const random = createRandom("soak", 1);
  const levels = new Float64Array(keys);
  const topics = new Int32Array(BOTS);
  const began = Date.now();
  let late = 0;
  for (let sent = 0, tick = 1; sent < events; tick++) {
    const batches: string[][] = Array.from({ length: PARTITIONS }, () => []);
    const said: string[] = [];
    for (let i = 0; i < (rate * TICK_MS) / 1000; i++) {
      if (++sent % TEXT_EVERY === 0) {
        const bot = Math.floor(uniform(random) * BOTS);
        if (uniform(random) < 1 / 5_000) topics[bot] = topics[bot] === 0 ? 1 + Math.floor(uniform(random) * 9) : 0;
        said.push(JSON.stringify({ key: `bot-${bot}`, text: sentence(random, topics[bot]!) }));
        continue;
      }
      const key = Math.floor(uniform(random) * keys);
      if (uniform(random) < MOVES) levels[key] = levels[key] === 0 ? 2 : 0;
      const noise = uniform(random) + uniform(random) + uniform(random) + uniform(random) - 2;
      const value = (levels[key]! + noise * Math.sqrt(3)).toFixed(4);
      batches[key % PARTITIONS]!.push(
        `{"key":"tenant-${key}","value":${value},"service":"checkout","region":"eu-west-1"}`,
      );
    }
    await Promise.all([
      ...batches.map((batch, partition) => kafka.produce(numbers, partition, batch)),
      said.length > 0 ? kafka.produce(texts, 0, said) : null,
    ]);
    // Kafka keeps minutes only: a service that is behind for longer would miss events.
    while (sent - seen > 20 * rate) await sleep(200);
    const behind = Date.now() - began - tick * TICK_MS;
    late = Math.max(late, behind);
    if (behind < 0) await sleep(-behind);
  }
  return late;
}

/** Ten topics of forty words each and the small words that all use; topic 0 is the usual one. */
function sentence(random: Random, topic: number): string {
  const words = Array.from({ length: 8 }, () => {
    const u = uniform(random);
    if (u < 0.4) return `the${Math.floor(uniform(random) * 12)}`;
    const about = u < 0.7 ? topic : Math.floor(uniform(random) * 4) * 10;
    return `topic${about}word${Math.floor(uniform(random) * 40)}`;
  });
  return words.join(" ");
}

/** The largest tables: MiB with index and long values, rows alive and dead. */
async function tables(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `select relname, pg_total_relation_size(relid)::float8 / 1048576 as mib, n_live_tup::int as live, n_dead_tup::int as dead
      from pg_stat_user_tables where schemaname = 'tidegauge' order by 2 desc limit 5`,
  );
  return rows.map((r) => `${r.relname} ${r.mib.toFixed(1)} (${r.live} + ${r.dead} dead)`).join(", ");
}

interface Look {
  readonly at: number;
  readonly text: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly lag: number;
  readonly cpu: number;
  readonly resident: number;
  readonly storeMiB: number;
  readonly signals: number;
  readonly webhooks: number;
}

async function look(client: pg.Client): Promise<Look> {
  const text = await (await fetch(`${await service.url}/metrics`)).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^tidegauge_${name}(?:\\{[^}]*\\})? (\\S+)`, "gm"))].reduce(
      (total, m) => total + Number(m[1]),
      0,
    );
  const { rows } = await client.query(
    "select pg_database_size(current_database())::float8 as bytes, (select count(*) from tidegauge.signal)::int as signals",
  );
  seen = sum("events_accepted_total");
  const { own, others } = cpuOf(server.pid);
  return {
    at: Date.now(),
    text,
    accepted: seen,
    rejected: sum("events_rejected_total"),
    lag: sum("consumer_lag_records"),
    cpu: cpuOf(pid).own + own + others,
    resident: residentMiB(pid),
    storeMiB: rows[0].bytes / (1 << 20),
    signals: rows[0].signals,
    webhooks: receiver.heard.length,
  };
}

/** Upper end of the bucket with the 99th percentile of what was measured between two looks, over all monitors. */
function p99(name: string, from: string, to: string): string {
  const buckets = (text: string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const m of text.matchAll(new RegExp(`^tidegauge_${name}_bucket\\{.*?le="([^"]+)".*?\\} (\\S+)`, "gm")))
      counts.set(m[1]!, (counts.get(m[1]!) ?? 0) + Number(m[2]));
    return counts;
  };
  const old = buckets(from);
  const counts = [...buckets(to)].map(
    ([le, count]) => [Number(le.replace("+Inf", "Infinity")), count - (old.get(le) ?? 0)] as const,
  );
  const all = Math.max(...counts.map(([, count]) => count));
  const found = counts.find(([, count]) => count >= 0.99 * all)?.[0] ?? Number.POSITIVE_INFINITY;
  return `≤ ${(found * 1000).toFixed(0)}`;
}
