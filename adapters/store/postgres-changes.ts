import { CHANNEL } from "./postgres-commit-records.ts";
import type { Database } from "./postgres-connection.ts";

const COALESCE_MS = 20;
const RECONNECT_MS = 500;

export interface Changes {
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** LISTEN on a connection of its own from the first listener on. What was missed while it was away counts as a change. */
export function createChanges(database: Database): Changes {
  const listeners = new Set<() => void>();
  let pending: NodeJS.Timeout | null = null;
  let retry: NodeJS.Timeout | null = null;
  let client: ReturnType<Database["dedicated"]> | null = null;
  let closed = false;

  const tell = () => {
    pending ??= setTimeout(() => {
      pending = null;
      for (const listener of listeners) listener();
    }, COALESCE_MS);
  };

  const listen = async () => {
    retry = null;
    const mine = database.dedicated();
    client = mine;
    const lost = () => {
      if (client !== mine) return;
      client = null;
      mine.end().catch(() => {});
      if (!closed) retry = setTimeout(listen, RECONNECT_MS);
    };
    mine.on("error", lost);
    mine.on("end", lost);
    mine.on("notification", tell);
    try {
      await mine.connect();
      await mine.query(`listen ${CHANNEL}`);
      tell();
    } catch {
      lost();
    }
  };

  return {
    onChange(listener) {
      listeners.add(listener);
      if (client === null && retry === null && !closed) void listen();
      return () => {
        listeners.delete(listener);
      };
    },
    async close() {
      closed = true;
      listeners.clear();
      if (pending !== null) clearTimeout(pending);
      if (retry !== null) clearTimeout(retry);
      const mine = client;
      client = null;
      await mine?.end().catch(() => {});
    },
  };
}
