import { realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Store } from "../../engine/store.ts";
import { chooseAccount } from "./embedded-account.ts";
import { findBinaries } from "./embedded-binaries.ts";
import { prepareCluster, privateFolder } from "./embedded-cluster.ts";
import { takeLock } from "./embedded-lock.ts";
import { type EmbeddedServer, type ServerPlan, startServer } from "./embedded-server.ts";
import { createPostgresStore } from "./postgres.ts";

export interface EmbeddedOptions {
  /** A folder for the database, its lock and its log; made when missing. */
  readonly path: string;
  /** Folder with bin, lib and share of another PostgreSQL than the one that npm brings. */
  readonly native?: string;
}

/** The path of a socket has at most 107 bytes, of which its name and its folder's take 46. */
const TEMPORARY_BYTES = 60;
/** What the system says of a folder that is not ours to write. */
const CLOSED = new Set(["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR"]);
const RESTART_MS = 500;
const LONGEST_RESTART_MS = 10_000;

/** The store on a PostgreSQL of our own: started by open(), stopped by close(), and when this process ends in any way. */
export function createEmbeddedStore(options: EmbeddedOptions): Store {
  const path = resolve(options.path);
  const temporary = Buffer.byteLength(tmpdir()) > TEMPORARY_BYTES ? "/tmp" : tmpdir();
  const sockets = join(temporary, `tidegauge-store-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  const store = createPostgresStore({ url: `postgres://tidegauge@/postgres?host=${encodeURIComponent(sockets)}` });
  let running: EmbeddedServer | null = null;
  let giveUp: (() => void) | null = null;
  let closing = false;

  /** A server that ends although nobody asked (killed for memory) is started again; calls fail meanwhile. */
  const keepUp = (server: EmbeddedServer, plan: ServerPlan) => {
    running = server;
    void server.gone.then(async () => {
      for (let wait = RESTART_MS; !closing; wait = Math.min(2 * wait, LONGEST_RESTART_MS)) {
        await sleep(wait, undefined, { ref: false });
        if (closing) return;
        try {
          const next = await launch(plan);
          return closing ? await next.stop() : keepUp(next, plan);
        } catch {
          // Said by every call to the store; the next try may find what was missing.
        }
      }
    });
  };

  return {
    ...store,
    async open() {
      if (running !== null) return;
      closing = false;
      try {
        giveUp = await takeLock(path);
        const plan = await prepare(realpathSync(path), sockets, options.native);
        keepUp(await launch(plan), plan);
        await store.open();
      } catch (error) {
        await stop();
        throw error instanceof TidegaugeError ? error : startError(path, error);
      }
    },
    async close() {
      await store.close();
      await stop();
    },
  };

  async function stop(): Promise<void> {
    closing = true;
    await running?.stop();
    running = null;
    rmSync(sockets, { recursive: true, force: true });
    giveUp?.();
    giveUp = null;
  }
}

async function prepare(path: string, sockets: string, native?: string): Promise<ServerPlan> {
  const data = join(path, "postgres");
  const binaries = findBinaries(path, join(path, "lib"), native);
  const account = chooseAccount(path, data, [path, dirname(binaries.postgres), dirname(sockets)]);
  await prepareCluster(path, data, binaries, account);
  return { path, data, sockets, binaries, account };
}

/** The supervisor removes the folder of sockets with the server. */
async function launch(plan: ServerPlan): Promise<EmbeddedServer> {
  privateFolder(plan.path, plan.sockets, plan.account);
  try {
    return await startServer(plan);
  } catch (error) {
    rmSync(plan.sockets, { recursive: true, force: true });
    throw error;
  }
}

function startError(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const why = CLOSED.has(code)
    ? `the folder cannot be made or written (${code}); choose a store.path that this user may write`
    : message;
  return new TidegaugeError("STORE_START", { path, why }, error);
}
