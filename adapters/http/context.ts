import { TidegaugeError } from "../../engine/errors.ts";
import type { Log } from "../../engine/log.ts";
import type { MonitorView, ServiceView } from "../../engine/service-view.ts";
import type { Store } from "../../engine/store.ts";

/** What the API needs of the store. */
export type ApiStore = Pick<
  Store,
  | "signals"
  | "episodes"
  | "episode"
  | "deadLetters"
  | "deadLetterCounts"
  | "deadLetterStates"
  | "askReplay"
  | "keys"
  | "key"
  | "keyCounts"
  | "series"
  | "seriesSpan"
  | "onChange"
  | "ping"
  | "outboxState"
  | "enqueue"
  | "redeliver"
  | "notifications"
  | "notification"
  | "appendInbox"
  | "addCommand"
>;

export interface Context {
  readonly view: ServiceView;
  readonly store: ApiStore;
  readonly log: Log;
  now(): number;
}

export function monitorOf(context: Context, name: string): MonitorView {
  const found = context.view.monitors().find((m) => m.name === name);
  if (!found) throw new TidegaugeError("NOT_FOUND", { what: "monitor", name });
  return found;
}
