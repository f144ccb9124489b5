import type { ServerResponse } from "node:http";

/** One reader of the event stream. What it has not taken yet is bounded: who writes waits, or leaves things out. */
export interface Listener {
  readonly open: boolean;
  /** Resolves when the reader has gone. */
  readonly gone: Promise<void>;
  /** Waits until the reader has taken what came before. */
  send(event: string, data: string, id?: string): Promise<void>;
  /** Only to a reader that keeps up; false: it was left out. */
  offer(event: string, data: string): boolean;
  /** A comment that keeps the connection. */
  beat(): void;
  close(): void;
}

/** A reader that takes nothing for so long is cut off; it comes back with Last-Event-ID. */
const PATIENCE_MS = 60_000;

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

export function createListener(response: ServerResponse, patienceMs = PATIENCE_MS): Listener {
  let open = true;
  const gone = new Promise<void>((resolve) => {
    response.on("close", () => {
      open = false;
      resolve();
    });
  });
  response.on("error", () => {});
  response.writeHead(200, HEAD);
  response.write("retry: 1000\n\n");

  const drained = async (): Promise<void> => {
    if (!open || !response.writableNeedDrain) return;
    const patience = setTimeout(() => response.destroy(), patienceMs);
    await Promise.race([new Promise<void>((resolve) => response.once("drain", resolve)), gone]);
    clearTimeout(patience);
  };
  return {
    get open() {
      return open;
    },
    gone,
    async send(event, data, id) {
      await drained();
      if (open) response.write(frame(event, data, id));
    },
    offer(event, data) {
      if (!open || response.writableNeedDrain) return false;
      response.write(frame(event, data));
      return true;
    },
    beat() {
      if (open && !response.writableNeedDrain) response.write(":\n\n");
    },
    close() {
      if (open) response.end();
    },
  };
}

/** JSON text has no line break, so one data line is enough. */
function frame(event: string, data: string, id?: string): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}
