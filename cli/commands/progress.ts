import { statSync } from "node:fs";
import type { Counters } from "../../engine/monitor.ts";

export interface Progress {
  stop(): void;
}

/** A line that is written over on a terminal; nothing elsewhere. */
export function showProgress(path: string | null, counters: Counters): Progress | null {
  const err = process.stderr;
  if (!err.isTTY) return null;
  const bytes = path === null || path.endsWith(".gz") ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  const started = performance.now();
  const draw = (): void => {
    const seconds = (performance.now() - started) / 1000;
    const rate = Math.round(counters.consumed / Math.max(seconds, 0.001));
    const size = bytes > 0 ? ` of ${(bytes / 2 ** 20).toFixed(1)} MiB` : "";
    err.write(
      `\r\u001b[K${counters.consumed.toLocaleString("en")} events${size}, ${rate.toLocaleString("en")} a second`,
    );
  };
  const timer = setInterval(draw, 200);
  return {
    stop() {
      clearInterval(timer);
      err.write("\r\u001b[K");
    },
  };
}
