/**
 * CPU per commit of changed states, here and in the PostgreSQL server, over one key order that changes each time.
 * node --import tsx bench/store-commit.ts [memory|postgres|embedded …]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore } from "../adapters/store/index.ts";
import type { Store } from "../engine/store.ts";
import { findPostgres, startPostgres } from "../test/support/postgres.ts";

const COMMITS = 40;
const TICK_MS = 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

interface Target {
  readonly name: string;
  readonly store: Store;
  /** CPU of the server and all that it ever started, milliseconds. */
  serverCpu(): number;
  end(): Promise<void>;
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : ["memory", "postgres", "embedded"];
console.log(
  "| store | states | bytes each | client ms | server ms | wall ms | first commit: client, server, wall ms |",
);
console.log("|---|---|---|---|---|---|---|");
for (const kind of wanted) {
  const target = await open(kind);
  if (target === null) continue;
  for (const count of [1_000, 10_000]) for (const bytes of [700, 2_000]) await measure(target, count, bytes);
  await target.end();
}

async function measure(target: Target, count: number, bytes: number): Promise<void> {
  const { store } = target;
  const claim = await store.claim({ run: "bench", monitor: `${count} of ${bytes}`, topic: "t", partition: 0 }, null);
  const keys = Array.from({ length: count }, (_, i) => `customer-${(i * 2654435761) % 4294967296}`);
  const blobs = keys.map(() => crypto.getRandomValues(new Uint8Array(bytes)));
  const figures: number[][] = [];
  for (let n = 0; n < COMMITS; n++) {
    keys.reverse();
    for (const blob of blobs) blob[n] = n;
    const states = keys.map((key, i) => ({
      key,
      blob: blobs[i]!,
      parts: [],
      newParts: [],
      dropParts: [],
      events: n,
      status: "steady" as const,
      ratio: 0.1 * n,
      time: 1.7e12 + n,
    }));
    const [cpu, server, wall] = [process.cpuUsage(), target.serverCpu(), performance.now()];
    const result = await store.commit({
      lane: claim.lane,
      epoch: claim.epoch,
      fromOffset: n === 0 ? null : n,
      nextOffset: n + 1,
      cursor: null,
      states,
      signals: [],
      episodes: [],
      notifications: [],
      deadLetters: [],
      series: [],
      commands: [],
    });
    if (result.kind !== "committed") throw new TypeError(result.kind);
    const used = process.cpuUsage(cpu);
    figures.push([(used.user + used.system) / 1000, target.serverCpu() - server, performance.now() - wall]);
  }
  const first = figures.shift()!.map((value) => value.toFixed(0));
  const mean = [0, 1, 2].map((i) => figures.reduce((sum, one) => sum + one[i]!, 0) / figures.length);
  console.log(
    `| ${target.name} | ${count} | ${bytes} | ${mean.map((value) => value.toFixed(1)).join(" | ")} | ${first.join(", ")} |`,
  );
}

async function open(kind: string): Promise<Target | null> {
  if (kind === "memory") {
    const store = createStore({ kind });
    return { name: kind, store, serverCpu: () => 0, end: () => store.close() };
  }
  if (kind === "postgres") {
    if (findPostgres() === null) {
      console.log("SKIPPED: postgres (none under /usr/lib/postgresql)");
      return null;
    }
    const server = await startPostgres(findPostgres(), ["fsync=on", "shared_buffers=128MB"]);
    const store = createStore({ kind, url: await server.database() });
    await store.open();
    const end = async () => {
      await store.close();
      await server.stop();
    };
    return { name: "postgres 15, fsync on", store, serverCpu: () => treeCpu(server.pid), end };
  }
  const path = mkdtempSync(join(tmpdir(), "tg-bench-"));
  const store = createStore({ kind: "embedded", path });
  const started = performance.now();
  await store.open();
  console.log(`| embedded: ready on first use after ${(performance.now() - started).toFixed(0)} ms |`);
  const pid = Number(readFileSync(join(path, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
  const end = async () => {
    await store.close();
    rmSync(path, { recursive: true, force: true });
  };
  return { name: "embedded", store, serverCpu: () => treeCpu(pid), end };
}

/** The process, its children, and the children that ended and were waited for. */
function treeCpu(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  let ticks = 0;
  for (const one of [String(pid), ...children]) {
    const stat = readFileSync(`/proc/${one}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks +=
      Number(fields[11]) + Number(fields[12]) + (one === String(pid) ? Number(fields[13]) + Number(fields[14]) : 0);
  }
  return ticks * TICK_MS;
}
