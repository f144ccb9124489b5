import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import { type Account, commandAs } from "./embedded-account.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { oneLine } from "./embedded-cluster.ts";
import { isPostgresIn } from "./process-identity.ts";

/**
 * Starts the server and stops it when standard input ends, which is when we are gone, however we went: fast, and by
 * force (safe: the log is replayed at the next start) when that takes longer than three seconds.
 */
const SUPERVISOR = `
sockets=$1; shift
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( while read -r line; do :; done; kill -INT $server; sleep 3; kill -QUIT $server ) <&3 2>/dev/null &
watch=$!
trap 'kill -INT $server' HUP INT TERM
wait $server; code=$?
while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
kill $watch 2>/dev/null
rm -rf "$sockets"
exit $code`;

/** Durable, and small: one service, few connections, no replication, no parallel queries. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "24",
  shared_buffers: "64MB",
  work_mem: "16MB",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "512MB",
  min_wal_size: "80MB",
  wal_buffers: "8MB",
  checkpoint_timeout: "15min",
  random_page_cost: "1.1",
  autovacuum_max_workers: "2",
  max_parallel_workers_per_gather: "0",
  max_worker_processes: "2",
  max_logical_replication_workers: "0",
  io_method: "sync",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  log_min_messages: "warning",
  log_checkpoints: "off",
  huge_pages: "off",
};

const SOCKETS_LINE = 4;
const READY_LINE = 7;
const START_TIMEOUT_MS = 300_000;
const ORPHAN_TIMEOUT_MS = 5_000;

export interface ServerPlan {
  readonly path: string;
  readonly data: string;
  readonly sockets: string;
  readonly binaries: Binaries;
  readonly account: Account;
}

export interface EmbeddedServer {
  /** Until it exits, by itself or stopped. */
  readonly gone: Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when the server takes connections. */
export async function startServer(plan: ServerPlan): Promise<EmbeddedServer> {
  await endOrphan(plan.data, plan.path);
  const log = join(plan.path, "postgres.log");
  const output = openSync(log, "w");
  const settings = { ...SETTINGS, unix_socket_directories: plan.sockets };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = commandAs(plan.account, "/bin/sh", [
    "-c",
    SUPERVISOR,
    "tidegauge-store",
    plan.sockets,
    plan.binaries.postgres,
    "-D",
    plan.data,
    ...options,
  ]);
  const child = spawn(command.file, command.args, {
    ...command.options,
    cwd: plan.data,
    env: { ...process.env, ...plan.binaries.env },
    stdio: ["pipe", output, output],
    // A session of its own: Ctrl-C in a terminal is for us, we stop the server when we are done with it.
    detached: true,
  });
  closeSync(output);
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  child.stdin!.on("error", () => {});
  await ready(child, plan, log);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    gone,
    async stop() {
      child.ref();
      child.stdin!.end();
      await gone;
    },
  };
}

async function ready(child: ChildProcess, plan: ServerPlan, log: string): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (postmasterLines(plan.data)[READY_LINE]?.trim() === "ready") return;
    if (child.exitCode !== null || failure !== undefined || Date.now() > deadline) {
      child.stdin?.end();
      const said = lastLines(log) || failure?.message || "it does not become ready";
      throw new TidegaugeError("STORE_START", { path: plan.path, why: oneLine(said) }, failure);
    }
    await sleep(10);
  }
}

/** A server whose owner died moments ago is on its way out; help it along. A number that is someone else's now is no server. */
async function endOrphan(data: string, path: string): Promise<void> {
  const lines = postmasterLines(data);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    if (isPostgresIn(pid, data)) trySignal(pid, signal);
    const deadline = Date.now() + ORPHAN_TIMEOUT_MS;
    while (isPostgresIn(pid, data) && Date.now() < deadline) await sleep(20);
  }
  if (isPostgresIn(pid, data)) {
    throw new TidegaugeError("STORE_START", { path, why: `an earlier server (process ${pid}) does not end; stop it` });
  }
  rmSync(join(data, "postmaster.pid"), { force: true });
  const sockets = lines[SOCKETS_LINE]?.trim() ?? "";
  if (basename(sockets).startsWith("tidegauge-store-")) rmSync(sockets, { recursive: true, force: true });
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile.
  }
}

function postmasterLines(data: string): readonly string[] {
  try {
    return readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

function lastLines(log: string): string {
  return readFileSync(log, "utf8").trim().split("\n").slice(-4).join(" ");
}
