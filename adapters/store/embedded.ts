import { realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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

/** Longest path of a socket is 107 bytes, and its name takes 20. */
const SOCKET_FOLDER_BYTES = 80;
const RESTART_MS = 500;

/** The store on a PostgreSQL of our own: started by open(), stopped by close(), and when this process ends in any way. */
export function createEmbeddedStore(options: EmbeddedOptions): Store {
  const path = resolve(options.path);
  const temporary = Buffer.byteLength(tmpdir()) > SOCKET_FOLDER_BYTES ? "/tmp" : tmpdir();
  const sockets = join(temporary, `tidegauge-store-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  const store = createPostgresStore({ url: `postgres://tidegauge@/postgres?host=${encodeURIComponent(sockets)}` });
  let running: EmbeddedServer | null = null;
  let giveUp: (() => void) | null = null;
  let closing = false;

  /** A server that ends although nobody asked (killed for memory) is started again; calls fail meanwhile. */
  const keepUp = (server: EmbeddedServer, plan: ServerPlan) => {
    running = server;
    void server.gone.then(async () => {
      while (!closing) {
        await new Promise((done) => setTimeout(done, RESTART_MS).unref());
        if (closing) return;
        try {
          return keepUp(await launch(plan), plan);
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
      giveUp = await takeLock(path);
      try {
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
  const account = chooseAccount(path, data, binaries.postgres);
  await prepareCluster(path, data, binaries, account);
  return { path, data, sockets, binaries, account };
}

/** The supervisor removes the folder of sockets with the server. */
function launch(plan: ServerPlan): Promise<EmbeddedServer> {
  privateFolder(plan.path, plan.sockets, plan.account);
  return startServer(plan);
}

function startError(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new TidegaugeError("STORE_START", { path, why: message }, error);
}
