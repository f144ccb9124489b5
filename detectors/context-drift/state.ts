import type { Part, Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";
import type { Random } from "../statistics/random.ts";
import { type Conversations, loadConversations, saveConversations } from "./conversations.ts";
import { MEASURES, type Measure } from "./event.ts";
import { type Fleet, loadFleet, saveFleet } from "./fleet.ts";
import { createQuality, type Quality } from "./quality.ts";

export const VERSION = 1;

/** All that is known of a key: a fleet, and its open conversations. */
export interface State {
  readonly random: Random;
  /** Accepted events. */
  index: number;
  /** What its turns bring; they cannot be mixed. Null before the first. */
  measure: Measure | null;
  open: Conversations;
  fleet: Fleet;
  readonly quality: Quality;
  /** Flagged conversations that are still open. */
  readonly flagged: { out: number; trending: number };
  /** Alarms of the fleet that are open, beside its level's. */
  readonly alarms: { noEquilibrium: boolean; ineffective: boolean; quality: boolean };
  /** Highest statistic over its threshold of the conversations, at the last event. */
  ratio: number;
  /** Of the fleet's level, at the last closing. */
  level: number;
  /** Event time of the first event, the newest, and the key's rate when conversations were first tested. */
  began: number | null;
  newest: number | null;
  perDay: number | null;
}

export function saveState(state: State): Snapshot {
  const w = createWriter(8192);
  const { used, parts } = saveConversations(state.open);
  const { index, measure, quality, flagged, alarms, ratio, level, began, newest, perDay } = state;
  w.array(state.random);
  w.text(JSON.stringify({ index, quality, flagged, alarms, ratio, level, began, newest, perDay }));
  w.u8(measure === null ? 255 : MEASURES.indexOf(measure));
  w.array(used);
  const ofFleet = saveFleet(state.fleet, w);
  return { version: VERSION, running: w.done(), parts: [...parts, ...ofFleet] satisfies Part[] };
}

export function loadState({ version, running, parts }: Snapshot): State {
  if (version !== VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: "context-drift", version, known: VERSION });
  }
  const r = createReader(running);
  const random = r.u32s();
  const small = JSON.parse(r.text()) as Omit<State, "random" | "measure" | "open" | "fleet">;
  const measure = MEASURES[r.u8()] ?? null;
  const { all, taken } = loadConversations(r.u32s(), parts);
  const fleet = loadFleet(r, parts.slice(taken));
  // What older states did not count yet begins at nothing.
  return { ...small, quality: { ...createQuality(), ...small.quality }, random, measure, open: all, fleet };
}
