import { coverageWarning, measureDependence } from "./dependence.ts";
import type { Learnt } from "./learning.ts";
import { isRepetitive } from "./near-repeats.ts";
import type { Options } from "./options.ts";
import { type ReferenceFacts, type Source, scoringFor } from "./reference.ts";
import { idleEventsOf, type Turns } from "./split.ts";

/** Stickiness from which the promise is in doubt; from .3 on blocks of events stand in for sessions. */
const WEAK = 0.1;
/** Events that stand in for a session where stickiness shows sessions and no id tells them apart. */
export const PSEUDO_SESSION = 20;

interface Grounds {
  readonly source: Source;
  readonly learnt: readonly Learnt[];
  readonly sessions: Turns;
  /** Rows in stream order. */
  readonly order: readonly number[];
  readonly clusters: number;
  /** Cluster of each row. */
  readonly assignment: Uint8Array;
  /** Share of texts that nearly repeated one shortly before, and whether those are left out. */
  readonly repeating: number;
  readonly repetitive: boolean;
}

/** What the promise rests on, and the sentences that say where it may not hold. */
export function factsOf(gathered: Grounds, options: Options): ReferenceFacts {
  const { source, learnt, sessions, order, clusters, assignment, repeating, repetitive } = gathered;
  const inOrder = order.map((row) => assignment[row]!);
  const { stickiness, halfLife } = measureDependence(inOrder, clusters, options.alpha);
  const pseudo = !sessions.ids && stickiness >= 0.3 && halfLife <= 30;
  const warnings: string[] = [];
  if (pseudo) {
    warnings.push(
      `Neighbouring texts depend on each other (stickiness ${stickiness}, half-life ${halfLife} events) and no session id tells conversations apart: surge alarms are off, blocks of ${PSEUDO_SESSION} events count as sessions, and the promise may not hold. Name the session id with fields.session.`,
    );
  }
  if (!pseudo && !sessions.ids && stickiness >= WEAK && halfLife <= 30) {
    warnings.push(
      `Neighbouring texts depend on each other a little (stickiness ${stickiness}, half-life ${halfLife} events) and no session id tells conversations apart: false alarms may come several times as often as promised. Name the session id with fields.session.`,
    );
  }
  if (sessions.ids && sessions.count < 300) {
    warnings.push(
      `The reference has ${sessions.count} sessions: with fewer than 300, a change that touches 10 % of texts will be missed.`,
    );
  }
  if (sessions.single) {
    warnings.push("Almost all texts of the reference carry one session id; session ids are not used.");
  }
  if (repetitive) {
    warnings.push(
      `${Math.round(100 * repeating)} % of the reference's texts nearly repeat one of the 50 before them: here such texts count once, as exact repeats do, so that a burst of nearly the same text is one text too.${source === "hash" ? " The hash encoder does not know all of them: false alarms may come several times as often as promised." : ""}`,
    );
  } else if (isRepetitive(repeating)) {
    warnings.push(
      `${Math.round(100 * repeating)} % of the reference's texts nearly repeat one of the 50 before them: only exact repeats count once, so bursts of near-duplicates may raise false alarms. Drop them before they come here, or let \`texts.redact\` remove what makes them differ.`,
    );
  }
  const coverage = coverageWarning(learnt.map((event) => event.time));
  if (coverage !== null) warnings.push(coverage);
  return {
    from: learnt[0]!.index,
    to: learnt.at(-1)!.index,
    turns: sessions.ids ? sessions.turns : pseudo ? PSEUDO_SESSION : 1,
    sessions: sessions.ids ? "ids" : pseudo ? "pseudo" : "none",
    surge: !pseudo && !options.guarantee && options.scheme === "calibrated",
    stickiness,
    halfLife,
    warnings,
    scoring: scoringFor(source, options),
    ...(repetitive ? { repetitive } : {}),
    ...(options.guarantee && sessions.ids ? { idleEvents: idleEventsOf(learnt) } : {}),
  };
}
