import { NO_SIGNALS, type Outcome } from "../../engine/detector.ts";
import { type Random, uniform } from "../statistics/random.ts";
import { createBet } from "./bets.ts";
import { notice, placeBet, settle } from "./counts.ts";
import { isOpen } from "./episode.ts";
import { advance, advanceTurn, closeSession, gatherTurn, statistic } from "./evidence.ts";
import { PSEUDO_SESSION } from "./facts.ts";
import { append, FLAG } from "./history.ts";
import { judge, type Watching } from "./judge.ts";
import { observeScheme } from "./observe-scheme.ts";
import type { Options } from "./options.ts";
import { spreadOf } from "./promise.ts";
import { remember } from "./recent.ts";
import { scoringOf } from "./reference.ts";
import { binOf } from "./score.ts";
import { expireSessions, isOver, openSession, type Session } from "./sessions.ts";
import type { Watch } from "./watch.ts";

/** A text as the detector has placed it. */
export interface Observation {
  readonly index: number;
  readonly time: number | null;
  readonly text: string;
  readonly session: string | null;
  readonly repeat: boolean;
  readonly vector: Float32Array;
  readonly score: number;
  readonly cluster: number;
  readonly region: number;
}

const EWMA = 1 / 200;

/** One text against the reference: bets, statistics, signals. */
export function observe(watch: Watch, seen: Observation, random: Random, watching: Watching): Outcome {
  const { options } = watching;
  if (watch.scheme !== null) return observeScheme(watch, watch.scheme, seen, random, watching);
  const bin = binOf(seen.score, scoringOf(watch.reference.facts, options).bins);
  const far = seen.score > watch.reference.far;
  const high = seen.score > watch.reference.high;
  // One number of the generator per accepted event, used or not.
  const u = uniform(random);
  placeBet(bet, watch, { bin, cluster: seen.cluster, region: seen.region, far }, u, options);
  const closed = closeOver(watch, seen, options);
  const { skipped, session } = evidenceOf(watch, seen, options);
  const counted = !seen.repeat && !skipped && !isOpen(watch.episodes);
  append(watch.history, {
    bin,
    cluster: seen.cluster,
    region: seen.region,
    flags:
      (far ? FLAG.far : 0) |
      (high ? FLAG.high : 0) |
      (skipped ? FLAG.skipped : 0) |
      (seen.repeat ? FLAG.repeat : 0) |
      (counted ? FLAG.counted : 0) |
      (bet.neutral ? FLAG.neutral : 0) |
      (bet.startRank ? FLAG.startRank : 0) |
      (bet.startCluster ? FLAG.startCluster : 0) |
      (bet.startCell ? FLAG.startCell : 0),
    p: bet.p,
    clusterShare: bet.clusterShare,
    cellShare: bet.cellShare,
    session,
  });
  if (!seen.repeat) keep(watch, seen, high);
  if (counted) notice(watch, bin, bet);
  settle(watch, options, random);
  if (!skipped || closed) {
    const { layout, sums } = watch.evidence;
    watch.drift = statistic(sums, layout.drift);
    watch.surge = watch.reference.facts.surge ? statistic(sums, layout.surge) : 0;
  }
  const ratio = ratioOf(watch);
  if (ratio < 1 && options.warnAt === null && !isOpen(watch.episodes)) return { ratio, signals: NO_SIGNALS };
  return { ratio, signals: judge(watch, seen.index, watching) };
}

/** What the explanation and the gauges need of a text. */
export function keep(watch: Watch, { text, index, session, time, vector, score }: Observation, high: boolean): void {
  remember(watch.recent, { text, index, high, session, time, vector });
  watch.novelty += EWMA * (score - watch.novelty);
  watch.highShare += EWMA * ((high ? 1 : 0) - watch.highShare);
}

/** The higher of the two kinds' statistics over their thresholds. */
export function ratioOf({ drift, surge, thresholds }: Watch): number {
  return Math.max(drift / thresholds.drift, surge / thresholds.surge);
}

const bet = createBet();

/** Lets the bet play, alone or as a turn of its session. */
function evidenceOf(watch: Watch, seen: Observation, options: Options): { skipped: boolean; session: number } {
  const { facts } = watch.reference;
  if (facts.sessions === "none") {
    if (seen.repeat) return { skipped: true, session: 0 };
    advance(watch.evidence, bet);
    return { skipped: false, session: 0 };
  }
  const session = sessionFor(watch, seen, facts.sessions);
  const limit = facts.sessions === "ids" ? options.sessionTurns : PSEUDO_SESSION;
  const spread = spreadOf(facts);
  // A session from before the last reset has already spoken.
  const skipped = seen.repeat || session.turns >= limit || session.openedAt < watch.since;
  if (!skipped) {
    if (!options.guarantee) advanceTurn(watch.evidence, bet, session, spread);
    else {
      gatherTurn(bet, session);
      if (isAlone(seen, facts.sessions)) closeSession(watch.evidence, session, spread);
    }
  }
  return { skipped, session: session.ordinal };
}

function sessionFor(watch: Watch, seen: Observation, kind: "ids" | "pseudo"): Session {
  const { sessions } = watch;
  const id = kind === "pseudo" ? `p${Math.floor(seen.index / PSEUDO_SESSION)}` : `s${seen.session}`;
  const known = isAlone(seen, kind) ? undefined : sessions.get(id);
  const session = known ?? openSession(watch.nextSession, seen.index, seen.time);
  if (known === undefined) watch.nextSession += 1;
  else sessions.delete(id);
  session.lastIndex = seen.index;
  session.lastTime = seen.time;
  if (!isAlone(seen, kind)) sessions.set(id, session);
  return session;
}

/** A text without an id among sessions is a session of its own, over at once. */
function isAlone(seen: Observation, kind: "ids" | "pseudo"): boolean {
  return kind === "ids" && seen.session === null;
}

/** Forgets sessions that are over; where the promise is a theorem, each is then one step. True when sums changed. */
function closeOver(watch: Watch, seen: Observation, options: Options): boolean {
  const { sessions, reference } = watch;
  if (reference.facts.sessions === "none") return false;
  const now = { index: seen.index, time: seen.time };
  const gapMs = options.sessionGap * 60_000;
  const { idleEvents } = reference.facts;
  const over = expireSessions(sessions, now, {
    gapMs,
    most: options.sessionsOpen,
    ...(idleEvents === undefined ? {} : { idleEvents }),
  });
  const again = seen.session === null ? undefined : sessions.get(`s${seen.session}`);
  if (again !== undefined && isOver(again, now, gapMs, idleEvents)) {
    sessions.delete(`s${seen.session}`);
    over.push(again);
  }
  if (!options.guarantee) return false;
  for (const session of over) {
    if (session.openedAt >= watch.since) closeSession(watch.evidence, session, spreadOf(reference.facts));
  }
  return over.length > 0;
}
