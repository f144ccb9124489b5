import { type About, isAtLeast, type Phase } from "./notification.ts";
import type { Severity } from "./signal.ts";

/** A channel, and what of a monitor's alarms it hears. */
export interface Route {
  readonly channel: string;
  readonly only?: RouteFilter;
}

/** Everything named must hold; of a list, one. */
export interface RouteFilter {
  /** At least so severe. */
  readonly severity?: Severity | undefined;
  readonly monitors?: readonly string[] | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** Keys, `*` for any characters. */
  readonly keys?: readonly string[] | undefined;
  readonly phases?: readonly Phase[] | undefined;
}

/** Updates are for those who ask: the rest would be told the same alarm again and again. */
const USUAL: readonly Phase[] = ["opened", "acknowledged", "resolved", "test"];

export function takes({ only = {} }: Route, about: About, phase: Phase): boolean {
  if (!(only.phases ?? USUAL).includes(phase)) return false;
  if (only.severity !== undefined && !isAtLeast(about.severity, only.severity)) return false;
  if (only.monitors !== undefined && !only.monitors.includes(about.monitor)) return false;
  if (only.kinds !== undefined && !only.kinds.includes(about.kind)) return false;
  const { key } = about;
  return only.keys === undefined || (key !== null && only.keys.some((pattern) => matches(pattern, key)));
}

/** Without regular expressions: a pattern comes from people, a key from a stream. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return text === pattern;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
