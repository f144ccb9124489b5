import type { SignalDraft } from "../../engine/signal.ts";
import type { Conversation, Flag } from "./conversation.ts";
import { factsOfFleet, isEquilibrium, round, standingOf, trajectoryOf, worstTurns } from "./describe.ts";
import type { Fleet } from "./fleet.ts";
import type { Options } from "./options.ts";

/** What a reminder is expected to do, from what reminders did. Null while too few were given. */
export function expectedReminder(
  fleet: Fleet,
): { effect: number; low: number; high: number; reminders: number } | null {
  const known = fleet.effect;
  if (known === null || known.effect === null || known.reminders < 20) return null;
  return { effect: known.effect, low: known.low!, high: known.high!, reminders: known.reminders };
}

export function conversationSignal(
  c: Conversation,
  fleet: Fleet,
  options: Options,
  flag: Exclude<Flag, "none">,
  statistic: number,
  threshold: number,
): SignalDraft {
  const standing = standingOf(c.track, fleet, options.limit, c.since);
  const reminder = expectedReminder(fleet);
  const facts = fleet.raw === null ? null : factsOfFleet(fleet.raw, fleet.equilibrium === "equilibrium");
  const now =
    standing === null ? "" : ` (turn ${c.turn}: ${short(standing.divergence)}, its band is ${range(standing.band)})`;
  const help =
    reminder === null
      ? ""
      : ` A reminder is expected to lower the next turn by ${short(reminder.effect)} (${range([reminder.low, reminder.high])}).`;
  const what = flag === "out" ? "above its own level" : "drifting away from its own level";
  return {
    kind: flag === "out" ? "conversation_out_of_band" : "conversation_trending",
    onset: null,
    statistic,
    threshold,
    summary: `Conversation ${c.id} is ${what} since turn ${c.since}${now}.${help}`,
    explanation: {
      conversation: c.id,
      turn: c.turn,
      since: c.since,
      ...(c.model === "" ? {} : { model: c.model }),
      ...(c.promptVersion === "" ? {} : { promptVersion: c.promptVersion }),
      ...(standing ?? {}),
      fleet: facts && { equilibrium: facts.equilibrium, band: facts.band, phi: facts.phi, halfLife: facts.halfLife },
      worstTurns: worstTurns(c.track, fleet, c.since),
      ...(c.tokens.length === 0 ? {} : { tokens: c.tokens.map((t) => ({ ...t, nats: round(t.nats) })) }),
      expectedReminder: reminder,
      trajectory: trajectoryOf(c.track, fleet.effect?.lag ?? 1),
    },
  };
}

/** The body of a reminder that is due; `withheld`: the conversation is a holdout. */
export function reminderSignal(c: Conversation, fleet: Fleet, options: Options, withheld: boolean): SignalDraft {
  const standing = standingOf(c.track, fleet, options.limit, c.since);
  const expected = expectedReminder(fleet);
  const body = {
    conversation: c.id,
    turn: c.turn,
    divergence: standing?.divergence ?? null,
    equilibrium: standing?.equilibrium ?? null,
    band: standing?.band ?? null,
    predictedNext: standing?.predictedNext ?? null,
    expectedEffect: expected?.effect ?? null,
    template: options.reminders?.template ?? "",
    dedupeKey: `${c.id}/${c.turn}`,
  };
  return {
    kind: "reminder_due",
    onset: null,
    statistic: standing === null ? null : standing.divergence,
    threshold: standing === null ? null : standing.band[1],
    summary: `Conversation ${c.id} needs a reminder after turn ${c.turn}${withheld ? "; withheld, to measure what reminders do" : ""}.`,
    explanation: { ...body, withheld },
    ...(withheld ? {} : { deliver: body }),
  };
}

export function fleetStateSignal(fleet: Fleet, coverage: number | null): SignalDraft {
  const { raw, fit, effect } = fleet;
  const called = raw !== null && isEquilibrium(raw);
  const facts = raw === null ? null : factsOfFleet(raw, called);
  return {
    kind: "fleet_state",
    onset: null,
    statistic: raw?.z ?? null,
    threshold: raw?.critical ?? null,
    summary: stateSentence(fleet, called),
    explanation: {
      state: raw === null ? "unknown" : called ? "equilibrium" : fleet.equilibrium === "none" ? "none" : "not shown",
      phi: facts?.phi ?? null,
      equilibrium: facts?.equilibrium ?? null,
      reminderEffect: effect?.effect ?? null,
      holdoutContrast: effect?.contrast ?? null,
      z: facts?.z ?? null,
      closedConversations: fleet.closed,
      ...(facts ?? {}),
      conversationTrends: hasTrends(fleet),
      scale: fit?.log ? "log" : "raw",
      reminders: effect,
      coverage,
    },
  };
}

/** Trends of single conversations bend φ upwards; the instrument is not fooled. */
export function hasTrends({ raw }: Fleet): boolean {
  return raw !== null && isEquilibrium(raw) && raw.andersonHsiao !== null && raw.phi - raw.andersonHsiao > 0.2;
}

export function stateSentence({ raw, effect }: Fleet, called: boolean): string {
  if (raw === null) return "Too few closed conversations, or nothing varies: no recurrence can be estimated.";
  const facts = factsOfFleet(raw, called);
  const phi = `half of a deviation is gone in ${short(facts.halfLife ?? 0)} turns (φ ${short(facts.phi)}, ${range(facts.phiInterval)})`;
  const told =
    facts.equilibrium === null
      ? `No equilibrium is shown: a walk without one cannot be excluded (z ${short(facts.z ?? 0)}, needed ${short(facts.critical)}).`
      : `Conversations settle at ${short(facts.equilibrium)} (${range(facts.equilibriumInterval!)}), ${phi}.`;
  if (effect === null || effect.effect === null || effect.low === null) return told;
  return `${told} A reminder lowers the next turn by ${short(effect.effect)} (${range([effect.low, effect.high!])}).`;
}

export function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}

function range([low, high]: readonly [number, number]): string {
  return `${short(low)} to ${short(high)}`;
}
