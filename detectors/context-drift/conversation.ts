import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { createTrack, type Track } from "./track.ts";

/** An open conversation: its newest turns and what was said of it. */
export interface Conversation {
  readonly id: string;
  readonly track: Track;
  /** Number of the last turn; −1 before the first. */
  turn: number;
  /** Event time of the last turn. */
  time: number | null;
  /** The key's accepted events when it was last heard. */
  heard: number;
  /** Unit vector of the goal, float16. */
  goal: Uint16Array | null;
  /** What added most to its divergence, strongest first. */
  tokens: readonly SaidToken[];
  flag: Flag;
  /** Turn at which the flagged change began. */
  since: number;
  reminders: number;
  /** Turn of the last one. */
  reminded: number;
  model: string;
  promptVersion: string;
}

export type Flag = "none" | "out" | "trending";

export interface SaidToken {
  readonly turn: number;
  readonly token: string;
  readonly nats: number;
}

export const MOST_SAID = 5;
const FLAGS: readonly Flag[] = ["none", "out", "trending"];
const NO_TOKENS: readonly SaidToken[] = [];

export function createConversation(id: string): Conversation {
  return {
    id,
    track: createTrack(),
    turn: -1,
    time: null,
    heard: 0,
    goal: null,
    tokens: NO_TOKENS,
    flag: "none",
    since: 0,
    reminders: 0,
    reminded: 0,
    model: "",
    promptVersion: "",
  };
}

/** Turns and values of a track; marks as one byte each. */
export function writeTrack(w: Writer, { turns, values, marks, seen, strange }: Track): void {
  w.array(Uint32Array.from(turns));
  w.array(Float32Array.from(values));
  w.array(Uint8Array.from(marks));
  w.u32(seen);
  w.u8(strange ? 1 : 0);
}

export function readTrack(r: Reader): Track {
  const turns = [...r.u32s()];
  const values = [...r.f32s()];
  const marks = [...r.bytes()];
  return { turns, values, marks, seen: r.u32(), strange: r.u8() === 1 };
}

export function writeConversation(w: Writer, c: Conversation): void {
  w.text(c.id);
  writeTrack(w, c.track);
  w.f64(c.turn);
  w.f64(c.time ?? Number.NaN);
  w.f64(c.heard);
  w.array(c.goal ?? EMPTY);
  w.text(c.tokens.length === 0 ? "" : JSON.stringify(c.tokens));
  w.u8(FLAGS.indexOf(c.flag));
  w.f64(c.since);
  w.u8(c.reminders);
  w.f64(c.reminded);
  w.text(c.model);
  w.text(c.promptVersion);
}

export function readConversation(r: Reader): Conversation {
  const id = r.text();
  const track = readTrack(r);
  const turn = r.f64();
  const time = r.f64();
  const heard = r.f64();
  const goal = r.u16s();
  const tokens = r.text();
  return {
    id,
    track,
    turn,
    time: Number.isNaN(time) ? null : time,
    heard,
    goal: goal.length === 0 ? null : goal,
    tokens: tokens === "" ? NO_TOKENS : (JSON.parse(tokens) as SaidToken[]),
    flag: FLAGS[r.u8()]!,
    since: r.f64(),
    reminders: r.u8(),
    reminded: r.f64(),
    model: r.text(),
    promptVersion: r.text(),
  };
}

const EMPTY = new Uint16Array(0);

/** Conversations to bytes and back, in order. */
export function packConversations(conversations: readonly Conversation[]): Uint8Array {
  const w = createWriter(160 * conversations.length);
  for (const c of conversations) writeConversation(w, c);
  return w.done();
}

export function unpackConversations(bytes: Uint8Array, count: number): Conversation[] {
  const r = createReader(bytes);
  return Array.from({ length: count }, () => readConversation(r));
}
