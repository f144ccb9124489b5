import type { GaugeSpec, Inspection } from "../../engine/detector.ts";
import { isInDays, promiseFacts } from "../statistics/promised.ts";
import type { Conversation } from "./conversation.ts";
import { newestFirst } from "./conversations.ts";
import { factsOfFleet, isEquilibrium, round, standingOf, trajectoryOf } from "./describe.ts";
import { hasTrends, stateSentence } from "./explain.ts";
import type { Fleet } from "./fleet.ts";
import { type Context, isLearning, promisedTurns, ratioOf } from "./model.ts";
import { complaintsOf } from "./quality.ts";
import type { State } from "./state.ts";

export const GAUGES: readonly GaugeSpec[] = [
  { name: "context_drift_phi", help: "Share of a deviation that is left after a turn (contraction φ)." },
  { name: "context_drift_half_life_turns", help: "Turns in which half of a deviation is gone." },
  { name: "context_drift_equilibrium", help: "Divergence at which conversations settle (D*)." },
  { name: "context_drift_sd", help: "Standard deviation of a conversation around its own equilibrium." },
  { name: "context_drift_between_sd", help: "Standard deviation between conversations' own levels." },
  { name: "context_drift_unit_root_z", help: "Test against no equilibrium; below −2.33 there is one." },
  { name: "context_drift_reminder_effect", help: "By how much a reminder lowers the next turn, by the model." },
  { name: "context_drift_coverage", help: "Share of the test model's probability that the top-k lists see." },
  { name: "context_drift_open_conversations", help: "Conversations that are open." },
  { name: "context_drift_flagged_conversations", help: "Open conversations that have left their band." },
  { name: "context_drift_closed_conversations", help: "Conversations that have ended." },
  {
    name: "context_drift_closed_for_room",
    help: "Conversations that were closed because openConversations were open.",
  },
  { name: "context_drift_level", help: "Mean of the last 200 conversations' divergences, in the scale of the tests." },
];

export function inspectState(state: State, context: Context): Inspection {
  const { fleet, quality, flagged, alarms, open } = state;
  const { raw, shift } = fleet;
  const facts = raw === null ? null : factsOfFleet(raw, fleet.equilibrium === "equilibrium");
  const learning = isLearning(fleet, context);
  const drifting = flagged.out + flagged.trending > 0 || Boolean(shift?.open) || Object.values(alarms).some(Boolean);
  const gauges: Record<string, number> = {
    context_drift_open_conversations: open.slotOf.size,
    context_drift_flagged_conversations: flagged.out + flagged.trending,
    context_drift_closed_conversations: fleet.closed,
    context_drift_closed_for_room: quality.evicted,
  };
  const put = (name: string, value: number | null | undefined): void => {
    if (value !== null && value !== undefined && Number.isFinite(value)) gauges[`context_drift_${name}`] = value;
  };
  put("phi", facts?.phi);
  put("half_life_turns", facts?.halfLife);
  put("equilibrium", facts?.equilibrium);
  put("sd", facts?.sd);
  put("between_sd", facts?.between);
  put("unit_root_z", facts?.z);
  put("reminder_effect", fleet.effect?.effect);
  put("coverage", quality.coverage);
  put("level", fleet.level);
  return {
    status: drifting ? "drifting" : learning ? "learning" : ratioOf(state, context) >= 0.5 ? "warning" : "steady",
    statistic: shift === null ? null : state.level,
    threshold: shift === null ? null : context.options.fleetFalseAlarms,
    gauges,
    ...(learning ? { learning: { seen: fleet.learnt, wanted: context.enough } } : {}),
    details: {
      measure: state.measure,
      said: stateSentence(fleet, fleet.equilibrium === "equilibrium"),
      fleet: facts,
      reminder: fleet.effect,
      phase: phaseOf(fleet),
      conversations: shown(state, context),
      promise: {
        conversations: isInDays(context.promised)
          ? promiseFacts(context.promised, state.perDay)
          : { turns: promisedTurns(state, context) },
        fleet: { conversations: context.options.fleetFalseAlarms },
        unit: "turns",
        kinds: { fleet_shift: `${context.options.fleetFalseAlarms.toLocaleString("en-GB")} closed conversations` },
      },
      reference: { conversations: Math.min(fleet.learnt, context.reference), wanted: context.reference },
      warnings: warningsOf(state, context),
    },
  };
}

const MOST_POINTS = 240;

/** D_t against D_{t+1} − D_t of the newest closed conversations, and the line that was fitted through them. */
function phaseOf({ window, raw, equilibrium }: Fleet): object | null {
  if (raw === null) return null;
  const points: [number, number][] = [];
  for (let i = window.tracks.length - 1; i >= 0 && points.length < MOST_POINTS; i--) {
    const { values, turns } = window.tracks[i]!;
    // Conversations have levels of their own: what pulls back is the distance from that.
    const own = values.reduce((a, b) => a + b, 0) / values.length - raw.level;
    for (let t = 1; t < values.length && points.length < MOST_POINTS; t++) {
      if (turns[t]! === turns[t - 1]! + 1)
        points.push([round(values[t - 1]! - own), round(values[t]! - values[t - 1]!)]);
    }
  }
  return {
    points,
    slope: raw.phi - 1,
    level: raw.level,
    equilibrium: equilibrium === "equilibrium" ? raw.level : null,
  };
}

const MOST_SHOWN = 6;

/** Those that left their band first, then the newest. */
function shown(state: State, context: Context): object[] {
  const flaggedInAll = state.flagged.out + state.flagged.trending;
  const flagged: Conversation[] = [];
  const others: Conversation[] = [];
  for (const c of newestFirst(state.open)) {
    if (c.flag !== "none") flagged.push(c);
    else if (others.length < MOST_SHOWN) others.push(c);
    const wanted = Math.min(MOST_SHOWN, flaggedInAll);
    if (flagged.length >= wanted && flagged.length + others.length >= MOST_SHOWN) break;
  }
  return [...flagged, ...others].slice(0, MOST_SHOWN).map((c) => show(c, state, context));
}

function show(c: Conversation, { fleet }: State, { options }: Context): object {
  const standing = standingOf(c.track, fleet, options.limit, c.flag === "none" ? null : c.since);
  return {
    conversation: c.id,
    turn: c.turn,
    flag: c.flag,
    ...(c.flag === "none" ? {} : { since: c.since }),
    ...(standing ?? {}),
    trajectory: trajectoryOf(c.track, fleet.effect?.lag ?? 1),
  };
}

function warningsOf({ quality, fleet, alarms }: State, { options }: Context): string[] {
  const { raw } = fleet;
  const said = complaintsOf(quality, alarms.quality).map(({ advice }) => advice);
  if (hasTrends(fleet)) said.push("Conversations seem to have trends of their own: φ is then too high.");
  if (raw !== null && !isEquilibrium(raw) && raw.conversations < options.memory) {
    said.push("Whether there is an equilibrium is not yet shown; an almost unit root needs about 1,000 conversations.");
  }
  return said;
}
