import type { Reader, Writer } from "../statistics/bytes.ts";
import { RANK_BETS } from "./bets.ts";

/** A conversation under way: its turns together are one step of evidence. Cluster evidence is sparse: hits only. */
export interface Session {
  readonly ordinal: number;
  /** Index of its first turn: one that began before the last reset contributes nothing. */
  readonly openedAt: number;
  turns: number;
  lastIndex: number;
  lastTime: number | null;
  /** Σ(e − 1) of each rank bet. */
  readonly sums: Float64Array;
  /** Whether a change may have started at its first turn (guarantee). */
  start: number;
  readonly clusterHits: Hits;
  readonly cellHits: Hits;
}

/** Per symbol that occurred: Σ 1/share. */
export interface Hits {
  readonly symbols: number[];
  readonly sums: number[];
}

/** Least recently used first. */
export type Sessions = Map<string, Session>;

/** Without times, a session is over after this many events of others. */
export const IDLE_EVENTS = 2000;

export function openSession(ordinal: number, index: number, time: number | null): Session {
  return {
    ordinal,
    openedAt: index,
    turns: 0,
    lastIndex: index,
    lastTime: time,
    sums: new Float64Array(RANK_BETS),
    start: 0,
    clusterHits: { symbols: [], sums: [] },
    cellHits: { symbols: [], sums: [] },
  };
}

export function addHit(hits: Hits, symbol: number, by: number): void {
  const at = hits.symbols.indexOf(symbol);
  if (at >= 0) hits.sums[at] = hits.sums[at]! + by;
  else {
    hits.symbols.push(symbol);
    hits.sums.push(by);
  }
}

/** Takes out the sessions that are over, oldest first. */
export function expireSessions(
  sessions: Sessions,
  now: { readonly index: number; readonly time: number | null },
  limits: { readonly gapMs: number; readonly most: number; readonly idleEvents?: number },
): Session[] {
  const over: Session[] = [];
  for (const [id, session] of sessions) {
    if (!isOver(session, now, limits.gapMs, limits.idleEvents) && sessions.size <= limits.most) break;
    sessions.delete(id);
    over.push(session);
  }
  return over;
}

export function isOver(
  session: Session,
  now: { readonly index: number; readonly time: number | null },
  gapMs: number,
  idleEvents = IDLE_EVENTS,
): boolean {
  if (now.time !== null && session.lastTime !== null) return now.time - session.lastTime > gapMs;
  return now.index - session.lastIndex > idleEvents;
}

export function saveSessions(sessions: Sessions, w: Writer): void {
  w.u32(sessions.size);
  for (const [id, s] of sessions) {
    w.text(id);
    w.f64(s.ordinal);
    w.f64(s.openedAt);
    w.u32(s.turns);
    w.f64(s.lastIndex);
    w.f64(s.lastTime ?? Number.NaN);
    w.u8(s.start);
    w.array(s.sums);
    saveHits(s.clusterHits, w);
    saveHits(s.cellHits, w);
  }
}

export function loadSessions(r: Reader): Sessions {
  const sessions: Sessions = new Map();
  const count = r.u32();
  for (let i = 0; i < count; i++) {
    const id = r.text();
    const ordinal = r.f64();
    const openedAt = r.f64();
    const turns = r.u32();
    const lastIndex = r.f64();
    const time = r.f64();
    const start = r.u8();
    const sums = r.f64s();
    const clusterHits = loadHits(r);
    const cellHits = loadHits(r);
    const lastTime = Number.isNaN(time) ? null : time;
    sessions.set(id, { ordinal, openedAt, turns, lastIndex, lastTime, sums, start, clusterHits, cellHits });
  }
  return sessions;
}

function saveHits(hits: Hits, w: Writer): void {
  w.array(Uint8Array.from(hits.symbols));
  w.array(Float64Array.from(hits.sums));
}

function loadHits(r: Reader): Hits {
  return { symbols: [...r.bytes()], sums: [...r.f64s()] };
}
