import { NO_SIGNALS } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { isEquilibrium } from "./describe.ts";
import { fleetStateSignal, short, stateSentence } from "./explain.ts";
import type { Equilibrium, Fleet } from "./fleet.ts";
import { closeShift, fleetStatistic, indexOfClosing, isQuiet, openShift, shiftOnset, upwards } from "./fleet-shift.ts";
import { complaintsOf } from "./quality.ts";
import type { State } from "./state.ts";

/** A closing at which the state of the cell is looked at: few looks, or chance would find something. */
export function isLook(learnt: number): boolean {
  if (learnt < 100) return false;
  return learnt <= 400 ? learnt === 100 || learnt === 200 || learnt === 400 : learnt % 500 === 0;
}

/** So many conversations must be known before it is said that there is no equilibrium. */
const ENOUGH_FOR_NONE = 200;
/** With fewer than this, only where the pull back is hardly there at all. */
const ENOUGH_TO_DOUBT = 500;

/** Says what changed about the cell: its state, and whether reminders do anything. */
export function lookAtFleet(state: State): readonly SignalDraft[] {
  const { fleet, alarms } = state;
  const { raw } = fleet;
  if (raw === null || raw.z === null) return NO_SIGNALS;
  const said: SignalDraft[] = [];
  const now: Equilibrium = isEquilibrium(raw)
    ? "equilibrium"
    : raw.conversations >= ENOUGH_FOR_NONE && (raw.z > -1 || raw.conversations >= ENOUGH_TO_DOUBT)
      ? "none"
      : fleet.equilibrium;
  if (now !== fleet.equilibrium) {
    fleet.equilibrium = now;
    said.push(fleetStateSignal(fleet, state.quality.coverage));
    if (now === "none") {
      alarms.noEquilibrium = true;
      said.push({
        kind: "no_equilibrium",
        onset: null,
        statistic: raw.z,
        threshold: raw.critical,
        summary: stateSentence(fleet, false),
        explanation: { z: raw.z, critical: raw.critical, phi: raw.phi, conversations: raw.conversations },
      });
    } else if (alarms.noEquilibrium) {
      alarms.noEquilibrium = false;
      said.push(recovered("no_equilibrium", "Conversations settle at an equilibrium again."));
    }
  }
  said.push(...lookAtReminders(state));
  return said;
}

const ENOUGH_REMINDERS = 100;
const ENOUGH_HOLDOUTS = 50;

function lookAtReminders({ fleet, alarms }: State): readonly SignalDraft[] {
  const { effect, raw } = fleet;
  if (effect === null || raw === null || effect.reminders < ENOUGH_REMINDERS) return NO_SIGNALS;
  const contrasted = effect.holdouts >= ENOUGH_HOLDOUTS && effect.contrast !== null;
  const mean = contrasted ? effect.contrast! : effect.effect!;
  const low = contrasted ? effect.contrastLow! : effect.low!;
  const high = contrasted ? effect.contrastHigh! : effect.high!;
  if (low > 0 && alarms.ineffective) {
    alarms.ineffective = false;
    return [recovered("reminder_ineffective", `Reminders lower the next turn by ${short(mean)} again.`)];
  }
  // Not only unproven: half a standard deviation can be excluded.
  if (low > 0 || high > 0.5 * raw.sigma || alarms.ineffective) return NO_SIGNALS;
  alarms.ineffective = true;
  return [
    {
      kind: "reminder_ineffective",
      onset: null,
      statistic: null,
      threshold: null,
      summary: `Reminders do not help: ${effect.reminders} of them changed the next turn by ${short(-mean)} (${short(-high)} to ${short(-low)}).`,
      explanation: { ...effect, sigma: raw.sigma },
    },
  ];
}

/** After a closing moved the fleet's statistic. */
export function lookAtLevel(fleet: Fleet, statistic: number, threshold: number): readonly SignalDraft[] {
  const { shift, reference } = fleet;
  if (shift === null || reference === null) return NO_SIGNALS;
  if (shift.open !== null) {
    if (!isQuiet(shift, statistic, threshold)) return NO_SIGNALS;
    closeShift(shift);
    return [recovered("fleet_shift", "Conversations are at the level of the reference again.")];
  }
  if (statistic < threshold) return NO_SIGNALS;
  const onset = shiftOnset(shift);
  const up = upwards(shift);
  const conversations = shift.seen - onset.index;
  const means = fleet.window.tracks.slice(-Math.min(conversations, fleet.window.tracks.length));
  const after = meanOf(means.map(({ values }) => values.reduce((a, b) => a + b, 0) / values.length));
  const earlier = fleet.window.tracks.slice(0, Math.max(1, fleet.window.tracks.length - means.length));
  const before = meanOf(earlier.map(({ values }) => values.reduce((a, b) => a + b, 0) / values.length));
  const at = {
    index: indexOfClosing(shift, onset.index),
    low: indexOfClosing(shift, onset.low),
    high: indexOfClosing(shift, onset.high),
  };
  openShift(shift, onset, before, after);
  const way = up >= 0.5 ? "higher" : "lower";
  return [
    {
      kind: "fleet_shift",
      onset: at,
      statistic,
      threshold,
      summary: `Since about ${conversations} conversations ago divergence is ${way}: ${short(after)} on average, before ${short(before)}.`,
      explanation: {
        direction: way === "higher" ? "up" : "down",
        conversations,
        onsetConversation: { index: onset.index, low: onset.low, high: onset.high },
        meanBefore: before,
        meanAfter: after,
        between: reference.sd,
        shift: reference.sd > 0 && !reference.log ? (after - before) / reference.sd : null,
      },
    },
  ];
}

export function lookAtQuality(state: State): readonly SignalDraft[] {
  const { alarms, quality } = state;
  const complaints = complaintsOf(quality, alarms.quality);
  if (complaints.length > 0 === alarms.quality) return NO_SIGNALS;
  alarms.quality = complaints.length > 0;
  const worst = complaints[0];
  if (worst === undefined) return [recovered("data_quality", "The turns are complete again.")];
  return [
    {
      kind: "data_quality",
      onset: null,
      statistic: worst.value,
      threshold: worst.line,
      summary: `The turns are not good enough (${complaints.map((c) => `${c.reason} ${short(c.value)}`).join(", ")}). ${worst.advice}`,
      explanation: {
        reasons: complaints,
        turns: quality.turns,
        coverage: quality.coverage,
        closedForRoom: quality.evicted,
      },
    },
  ];
}

export function statisticOfLevel(fleet: Fleet): number {
  return fleet.shift === null ? 0 : fleetStatistic(fleet.shift);
}

export function recovered(kind: string, summary: string): SignalDraft {
  return {
    kind: "recovered",
    onset: null,
    statistic: null,
    threshold: null,
    summary,
    explanation: {},
    episodeOf: kind,
  };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}
