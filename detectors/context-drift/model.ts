import { type Model, NO_SIGNALS, type Outcome, type Settings, type StepItem } from "../../engine/detector.ts";
import type { Rejection } from "../../engine/rejection.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { eventsPerDay, isInDays, type Promised, promisedBy, promisedEvents, untimed } from "../statistics/promised.ts";
import { createRandom, hash32 } from "../statistics/random.ts";
import { isLook, lookAtFleet, lookAtLevel, lookAtQuality, recovered, statisticOfLevel } from "./alarms.ts";
import { type Conversation, MOST_SAID } from "./conversation.ts";
import {
  createConversations,
  dropConversation,
  findConversation,
  oldestConversation,
  openConversation,
  touchConversation,
} from "./conversations.ts";
import type { Ended } from "./ended.ts";
import { measureOf, type TurnEvent } from "./event.ts";
import { conversationSignal, fleetStateSignal, reminderSignal } from "./explain.ts";
import { LEAST_CONVERSATIONS, tested } from "./fit.ts";
import {
  closeTrack,
  createFleet,
  ENOUGH,
  type Fleet,
  type FleetSettings,
  learnReference,
  refit,
  relearn,
} from "./fleet.ts";
import { closeShift } from "./fleet-shift.ts";
import { inspectState } from "./inspect.ts";
import { type Measured, measureTurn } from "./measure.ts";
import type { Options } from "./options.ts";
import { createQuality, observeQuality, observeReminder } from "./quality.ts";
import type { ShiftTest } from "./shift-test.ts";
import { testShift } from "./shift-test.ts";
import { loadState, type State, saveState } from "./state.ts";
import { HOLDOUT, pushTurn, REMINDER, skipped, THIN, type Track, WITHHELD } from "./track.ts";
import { createWhitened, whiten } from "./whiten.ts";

export const DEFAULT_REFERENCE = 500;
export const DEFAULT_PROMISE = 1000;

/** What a model's functions share. */
export interface Context {
  readonly settings: Settings<Options>;
  readonly options: Options;
  readonly promised: Promised;
  /** Closed conversations that teach what is normal, and those from which on conversations are tested. */
  readonly reference: number;
  readonly enough: number;
  /** What this event ended, for a fleet stage elsewhere; null: the fleet is here. */
  readonly ended: Ended[] | null;
}

export function contextOf(settings: Settings<Options>, ended: Ended[] | null = null): Context {
  const { options } = settings;
  const reference = settings.reference?.first ?? DEFAULT_REFERENCE;
  const promised = promisedBy(settings, DEFAULT_PROMISE);
  return { settings, options, promised, reference, enough: Math.min(ENOUGH, reference), ended };
}

export function openModel(settings: Settings<Options>, context = contextOf(settings)): Model<TurnEvent, State> {
  return {
    recovers: true,
    init: (key, past = 0) => ({
      random: createRandom(settings.seed, key),
      index: 0 - past,
      measure: null,
      open: createConversations(),
      fleet: createFleet(),
      quality: createQuality(),
      flagged: { out: 0, trending: 0 },
      alarms: { noEquilibrium: false, ineffective: false, quality: false },
      ratio: 0,
      level: 0,
      began: null,
      newest: null,
      perDay: null,
    }),
    begin(state, key) {
      state.random.set(createRandom(settings.seed, key));
      endLessons(state, context);
    },
    step: (batch) => batch.map((item) => stepTurn(item, context)),
    command(state, { kind }) {
      if (kind === "adapt") relearn(state.fleet);
      if (kind === "false-alarm" && state.fleet.shift?.open) closeShift(state.fleet.shift);
      state.level = statisticOfLevel(state.fleet);
      return NO_SIGNALS;
    },
    inspect: (state) => inspectState(state, context),
    finish: (state) => finish(state, context),
    save: (states) => states.map(saveState),
    load: (snapshots) => snapshots.map(loadState),
  };
}

/** Conversations are not tested yet. */
export function isLearning(fleet: Fleet, { enough }: Context): boolean {
  return fleet.learnt < enough && fleet.reference === null;
}

/** Turns between false alarms of a kind; a promise in days is kept once the key's rate is known. */
export function promisedTurns(state: State, { promised }: Context): number {
  return promisedEvents(promised, state.perDay) ?? DEFAULT_PROMISE;
}

function stepTurn({ state, event, time }: StepItem<TurnEvent, State>, context: Context): Outcome {
  const { options, promised } = context;
  const reject = (rejection: Rejection): Outcome => ({
    ratio: ratioOf(state, context),
    signals: NO_SIGNALS,
    reject: rejection,
  });
  const measure = measureOf(event);
  if (state.measure !== null && measure !== state.measure) {
    const detail = `This key's turns bring ${state.measure}, not ${measure}: the two cannot be compared.`;
    return reject({ reason: "schema", detail });
  }
  if (isInDays(promised)) {
    const completes = state.perDay === null && state.fleet.learnt >= context.enough - 1;
    const wrong = untimed(time, completes, state.began);
    if (wrong !== null) return reject(wrong);
  }
  const id = String(event.conversation);
  const before = findConversation(state.open, id);
  const known = before !== null && isIdle(before, time, options) ? null : before;
  const goalFirst = measure === "embedding" && known?.goal == null;
  const turn = event.turn ?? (known === null ? (goalFirst ? 0 : 1) : known.turn + 1);
  if (known !== null && turn <= known.turn) {
    return reject({ reason: "late", detail: `Turn ${turn} of its conversation comes after turn ${known.turn}.` });
  }
  const isGoal = measure === "embedding" && turn === 0;
  const measured = measureTurn(event, known?.goal ?? null, isGoal);
  if ("reason" in measured) return reject(measured);

  const index = state.index++;
  state.measure = measure;
  state.began ??= time;
  if (time !== null && (state.newest === null || time > state.newest)) state.newest = time;
  const signals: SignalDraft[] = [];
  closeIdle(state, context, index, signals);
  let evicted = 0;
  let c = findConversation(state.open, id);
  if (c === null) {
    if (state.open.slotOf.size >= options.openConversations) {
      close(state, oldestConversation(state.open)!, context, index, signals);
      evicted = 1;
    }
    c = openConversation(state.open, id);
  }
  const missing = c.turn < 0 ? 0 : turn - c.turn - 1;
  observeQuality(state.quality, { coverage: measured.coverage, disjoint: measured.disjoint, missing }, evicted);
  hear(state, c, { turn, time, event, measured, isGoal }, context, signals);
  if (event.end === true) close(state, c, context, index, signals);
  signals.push(...lookAtQuality(state));
  return { ratio: ratioOf(state, context), signals };
}

interface Heard {
  readonly turn: number;
  readonly time: number | null;
  readonly event: TurnEvent;
  readonly measured: Measured;
  readonly isGoal: boolean;
}

/** The conversation stage: one turn of one conversation. */
function hear(state: State, c: Conversation, heard: Heard, context: Context, signals: SignalDraft[]): void {
  const { turn, time, event, measured, isGoal } = heard;
  c.turn = turn;
  c.time = time;
  if (event.model !== undefined) c.model = event.model;
  if (event.promptVersion !== undefined) c.promptVersion = event.promptVersion;
  touchConversation(state.open, c, state.index);
  state.ratio = 0;
  if (isGoal) {
    c.goal = measured.goal;
    return;
  }
  const mark = event.intervention === "reminder" ? REMINDER : event.intervention === "holdout" ? HOLDOUT : 0;
  if (mark === REMINDER && context.options.reminders !== null) observeReminder(state.quality, isAsked(c, context));
  pushTurn(c.track, turn, measured.value, mark | (measured.thin ? THIN : 0));
  if (context.options.tokens && measured.tokens.length > 0) {
    const said = measured.tokens.map(({ token, nats }) => ({ turn, token, nats }));
    c.tokens = [...c.tokens, ...said].sort((a, b) => b.nats - a.nats).slice(0, MOST_SAID);
  }
  if (!measured.thin) judge(state, c, context, signals);
}

const scratch = createWhitened();
const test: ShiftTest = { step: 0, stepAt: 0, ramp: 0, rampAt: 0 };

/** Has this conversation left its own level? */
function judge(state: State, c: Conversation, context: Context, signals: SignalDraft[]): void {
  const { fleet } = state;
  if (fleet.fit === null || fleet.thresholds === null || isLearning(fleet, context)) return;
  const fit = tested(fleet.fit);
  const from = skipped(c.track, fit.transient);
  if (c.track.turns.length - from < 2) return;
  whiten(c.track, fit, from, c.track.turns.length, scratch);
  testShift(scratch, fit.tau, scratch.length, test);
  const step = test.step / fleet.thresholds.step;
  const ramp = test.ramp / fleet.thresholds.ramp;
  state.ratio = Math.max(0, step, ramp);
  if (state.ratio < 1) return;
  if (c.flag === "none") {
    const flag = step >= ramp ? "out" : "trending";
    c.flag = flag;
    c.track.strange = true;
    c.since = c.track.turns[from + (flag === "out" ? test.stepAt : test.rampAt)]!;
    state.flagged[flag]++;
    const [statistic, threshold] =
      flag === "out" ? [test.step, fleet.thresholds.step] : [test.ramp, fleet.thresholds.ramp];
    signals.push(conversationSignal(c, fleet, context.options, flag, statistic, threshold));
  }
  remind(state, c, context, signals);
}

/** It is out of its band now: a reminder, unless one was just given, too many were, or it is a holdout. */
function remind(state: State, c: Conversation, { options, settings }: Context, signals: SignalDraft[]): void {
  const wanted = options.reminders;
  if (wanted === null || c.reminders >= wanted.most) return;
  if (c.reminders > 0 && c.turn - c.reminded < wanted.cooldown) return;
  c.reminders++;
  c.reminded = c.turn;
  const withheld = isHoldout(c, settings, wanted.holdout);
  if (withheld) {
    const { marks } = c.track;
    marks[marks.length - 1] = marks[marks.length - 1]! | WITHHELD;
  }
  signals.push(reminderSignal(c, state.fleet, options, withheld));
}

/** Drawn by its id. */
function isHoldout({ id }: Conversation, { seed }: Settings<Options>, share: number): boolean {
  return hash32(`holdout ${seed} ${id}`) / 2 ** 32 < share;
}

/** A reminder that is marked now may be the answer to one that was due a few turns ago. */
function isAsked(c: Conversation, { options, settings }: Context): boolean {
  const { cooldown, holdout } = options.reminders!;
  return c.reminders > 0 && c.turn - c.reminded <= cooldown && !isHoldout(c, settings, holdout);
}

function closeIdle(state: State, context: Context, index: number, signals: SignalDraft[]): void {
  if (context.options.idleMinutes === null || state.newest === null) return;
  for (;;) {
    const oldest = oldestConversation(state.open);
    if (oldest === null || !isIdle(oldest, state.newest, context.options)) return;
    close(state, oldest, context, index, signals);
  }
}

function isIdle(c: Conversation, now: number | null, { idleMinutes }: Options): boolean {
  return idleMinutes !== null && now !== null && c.time !== null && now - c.time > idleMinutes * 60_000;
}

/** A conversation has ended: its turns go to the fleet stage, here or elsewhere. */
function close(state: State, c: Conversation, context: Context, index: number, signals: SignalDraft[]): void {
  const { fleet } = state;
  dropConversation(state.open, c);
  if (c.flag !== "none") {
    state.flagged[c.flag]--;
    if (state.flagged[c.flag] === 0) {
      const kind = c.flag === "out" ? "conversation_out_of_band" : "conversation_trending";
      signals.push(recovered(kind, "The conversations that had left their band have ended."));
    }
  }
  if (c.track.turns.length === 0) return;
  if (context.ended === null) {
    learnFrom(state, c.track, context, index, signals);
    return;
  }
  fleet.closed++;
  context.ended.push({ conversation: c.id, measure: state.measure!, coverage: state.quality.coverage, ...c.track });
}

/** The fleet stage: a conversation that has ended. */
export function learnFrom(state: State, track: Track, context: Context, index: number, signals: SignalDraft[]): void {
  const { fleet } = state;
  state.level = closeTrack(fleet, track, state.measure!, index, state.random, fleetSettings(state, context));
  if (state.perDay === null && isInDays(context.promised) && fleet.learnt >= context.enough) {
    state.perDay = eventsPerDay(state.index, state.began!, state.newest!);
  }
  signals.push(...lookAtLevel(fleet, state.level, context.options.fleetFalseAlarms));
  if (isLook(fleet.learnt)) signals.push(...lookAtFleet(state));
}

export function fleetSettings(state: State, context: Context): FleetSettings {
  return { options: context.options, reference: context.reference, promise: promisedTurns(state, context) };
}

/** What was recorded is all there is to learn from: its open conversations end, and what closed is the reference. */
function endLessons(state: State, context: Context): void {
  closeAll(state, context, []);
  if (state.measure === null || state.fleet.shift !== null || state.fleet.learnt < LEAST_CONVERSATIONS) return;
  refit(state.fleet, state.measure, fleetSettings(state, context));
  learnReference(state.fleet, state.fleet.learnt);
}

function closeAll(state: State, context: Context, signals: SignalDraft[]): void {
  for (let c = oldestConversation(state.open); c !== null; c = oldestConversation(state.open)) {
    close(state, c, context, Math.max(0, state.index - 1), signals);
  }
}

/** The stream has ended: open conversations end, and the cell's state is told as it is. */
function finish(state: State, context: Context): readonly SignalDraft[] {
  if (state.measure === null) return NO_SIGNALS;
  const signals: SignalDraft[] = [];
  closeAll(state, context, signals);
  refit(state.fleet, state.measure, fleetSettings(state, context));
  signals.push(fleetStateSignal(state.fleet, state.quality.coverage));
  return signals;
}

export function ratioOf(state: State, { options }: Context): number {
  return Math.max(state.ratio, state.fleet.shift === null ? 0 : state.level / options.fleetFalseAlarms);
}
