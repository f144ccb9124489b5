import { TidegaugeError } from "../../engine/errors.ts";

/** Where a range begins or ends, as people write it. */
export type Place =
  | { readonly kind: "earliest" | "latest" | "live" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "offsets"; readonly offsets: ReadonlyMap<number, number> }
  /** Epoch milliseconds. */
  | { readonly kind: "time"; readonly time: number };

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** `now`: what a duration counts back from, epoch milliseconds. */
export function readPlace(option: string, text: string, now: number): Place {
  if (text === "earliest" || text === "latest" || text === "live") return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: "offset", offset: Number(text) };
  if (/^\d+:\d{1,15}(,\d+:\d{1,15})*$/.test(text)) {
    const pairs = text.split(",").map((pair) => pair.split(":").map(Number) as [number, number]);
    return { kind: "offsets", offsets: new Map(pairs) };
  }
  const ago = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  if (ago) return { kind: "time", time: Math.round(now - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS]) };
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return { kind: "time", time };
  const what = `${option} ${text} is no place: write earliest, latest, an offset (1200), one for each partition (0:1200,1:900), a time with its zone (2026-03-01T12:00:00Z) or how long ago (90m, 6h, 2d)`;
  throw new TidegaugeError("USAGE", { what, command: "replay" });
}
