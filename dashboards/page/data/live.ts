import type { Overview, Signal } from "../../../adapters/http/types.ts";
import { API, get } from "./api.ts";
import { session } from "./session.ts";
import { createStore } from "./store.ts";

/**
 * The event stream. The browser resumes by itself with Last-Event-ID; what a reader must know is whether the data in
 * front of them are fresh, so silence counts as trouble too: the service speaks about once a second.
 */
export interface Connection {
  readonly kind: "connecting" | "live" | "lost";
  /** When the last word came, epoch milliseconds. */
  readonly heardAt: number | null;
}

export const connection = createStore<Connection>({ kind: "connecting", heardAt: null });
/** Null until the first answer. */
export const overview = createStore<Overview | null>(null);
/** Goes up when signals, episodes or commands changed. */
export const changes = createStore(0);
/** The newest signal that came while this page was open. */
export const newest = createStore<Signal | null>(null);

const SILENCE_MS = 8_000;
const SPARK_MS = 10_000;
/** Without the stream the page asks by itself. */
const ASK_MS = 5_000;
const LOCKED_MS = 250;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

let tries = 0;

export function startLive(): void {
  reopen();
  if (!isLocked()) refreshOverview();
  setInterval(watch, 1_000);
  setInterval(() => {
    if (!document.hidden && !isLocked()) refreshOverview();
  }, SPARK_MS);
}

export async function refreshOverview(): Promise<void> {
  const answer = await get<Overview>("/monitors");
  if (answer.kind === "ok") {
    overview.set(answer.value);
    connection.set({ kind: connection.get().kind, heardAt: Date.now() });
  } else if (overview.get() === null) {
    setTimeout(() => {
      if (!isLocked()) refreshOverview();
    }, 2_000);
  }
}

function open(): void {
  const source = new EventSource(`${API}/stream`);
  const on = (name: string, take: (data: string) => void) =>
    source.addEventListener(name, (event) => {
      heard();
      take((event as MessageEvent<string>).data);
    });
  source.addEventListener("open", heard);
  on("monitors", (data) => overview.set(keepSparks(JSON.parse(data) as Overview, overview.get())));
  on("signal", (data) => {
    newest.set(JSON.parse(data) as Signal);
    changed();
  });
  on("change", changed);
  on("reset", () => {
    changed();
    refreshOverview();
  });
  source.addEventListener("error", () => {
    lost();
    if (source.readyState !== EventSource.CLOSED) return;
    // Refused for good as far as the browser is concerned: what was missed is fetched anew after the next opening.
    source.close();
    setTimeout(reopen, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
    tries += 1;
  });
}

/** Nobody knocks at a locked door; once signed in, at once. */
function reopen(): void {
  if (isLocked()) setTimeout(reopen, LOCKED_MS);
  else open();
}

function isLocked(): boolean {
  return session.get()?.access === "none";
}

function heard(): void {
  const wasLost = connection.get().kind === "lost";
  tries = 0;
  connection.set({ kind: "live", heardAt: Date.now() });
  if (!wasLost) return;
  changed();
  refreshOverview();
}

function lost(): void {
  const { kind, heardAt } = connection.get();
  if (kind !== "lost") connection.set({ kind: "lost", heardAt });
}

let askedAt = 0;

function watch(): void {
  if (isLocked()) return;
  if (connection.get().kind === "lost" && !document.hidden && Date.now() - askedAt > ASK_MS) {
    askedAt = Date.now();
    refreshOverview();
    changed();
  }
  const { kind, heardAt } = connection.get();
  if (kind === "live" && heardAt !== null && Date.now() - heardAt > SILENCE_MS) lost();
}

let pending = false;

/** Thirty signals a second make one refresh. */
function changed(): void {
  if (pending) return;
  pending = true;
  setTimeout(() => {
    pending = false;
    changes.set(changes.get() + 1);
  }, 250);
}

/** The stream leaves the sparklines out; they stay as they were until the next full answer. */
function keepSparks(next: Overview, before: Overview | null): Overview {
  const known = new Map(before?.monitors.map((monitor) => [monitor.name, monitor.spark]) ?? []);
  const monitors = next.monitors.map((monitor) =>
    monitor.spark === undefined ? { ...monitor, spark: known.get(monitor.name) ?? null } : monitor,
  );
  return { ...next, monitors };
}
