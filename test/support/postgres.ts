import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { endsWithUs } from "./ends-with-us.ts";

export interface TestPostgres {
  /** Of a superuser, on an empty database. */
  readonly url: string;
  /** The server's process id; 0 for a server that was given. */
  readonly pid: number;
  /** A fresh database on the same server. */
  database(): Promise<string>;
  /** Stops answering without closing anything. */
  pause(): void;
  resume(): void;
  /** Ends at once; connections break. */
  crash(): Promise<void>;
  /** After a crash, on the same data and port. One that is up stays, one that is paused resumes. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a PostgreSQL of the system is, or null. Tests skip with a line that says so. */
export function findPostgres(): string | null {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return null;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  const found = versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
  return found ?? null;
}

/** A real server of its own on loopback, as an unprivileged user where this process is root. */
export async function startPostgres(bin = findPostgres(), more: readonly string[] = []): Promise<TestPostgres> {
  if (bin === null) throw new TypeError("no PostgreSQL under /usr/lib/postgresql");
  const folder = mkdtempSync(join(tmpdir(), "tg-postgres-"));
  const owner = unprivileged();
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!);
  const data = join(folder, "data");
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "tester", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
    { ...owner, cwd: folder, stdio: "pipe" },
  );
  const port = await freePort();
  const urlOf = (name: string) => `postgres://tester@127.0.0.1:${port}/${name}`;
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "max_connections=60",
    ...more,
  ];
  let server = launch();
  let databases = 0;

  function launch(): ChildProcess {
    const options = settings.flatMap((setting) => ["-c", setting]);
    const child = spawn(join(bin!, "postgres"), ["-D", data, "-p", String(port), ...options], {
      ...owner,
      cwd: folder,
      stdio: "ignore",
    });
    child.unref();
    endsWithUs(child, "QUIT", folder);
    return child;
  }

  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: urlOf("postgres") });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const isUp = () => server.exitCode === null && server.signalCode === null;
  const end = async (signal: NodeJS.Signals) => {
    if (!isUp()) return;
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.ref();
    server.kill("SIGCONT");
    server.kill(signal);
    await gone;
  };
  await waitUntil(() => admin("select 1"));

  return {
    url: urlOf("postgres"),
    get pid() {
      return server.pid!;
    },
    async database() {
      const name = `test_${++databases}`;
      await admin(`create database ${name}`);
      return urlOf(name);
    },
    pause: () => forTree(server.pid!, "SIGSTOP"),
    resume: () => forTree(server.pid!, "SIGCONT"),
    crash: () => end("SIGQUIT"),
    async restart() {
      if (isUp()) forTree(server.pid!, "SIGCONT");
      else server = launch();
      await waitUntil(() => admin("select 1"));
    },
    async stop() {
      await end("SIGQUIT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server and its children: each connection has a process. */
function forTree(pid: number, signal: NodeJS.Signals): void {
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  for (const one of [pid, ...children.split("\n").map(Number)]) if (one > 0) process.kill(one, signal);
}

function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string, name: string) =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
  try {
    return { uid: id("-u", "postgres"), gid: id("-g", "postgres") };
  } catch {
    return { uid: id("-u", "nobody"), gid: id("-g", "nobody") };
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function waitUntil(attempt: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
