import { equilibriumOf, forecast, halfLife, stationarySd, turnsToLimit } from "./equilibrium.ts";
import { type FleetFit, tested } from "./fit.ts";
import type { Fleet } from "./fleet.ts";
import { actsOn, type Lag, skipped, type Track } from "./track.ts";
import { createWhitened, curveAt, levelOf, unscaled, whiten } from "./whiten.ts";

/** Of a cell: what is reported, in raw divergence. */
export interface FleetFacts {
  readonly conversations: number;
  readonly phi: number;
  readonly phiInterval: readonly [number, number];
  readonly halfLife: number | null;
  /** Null where none was shown. */
  readonly equilibrium: number | null;
  readonly equilibriumInterval: readonly [number, number] | null;
  /** Of one conversation around its own equilibrium, of its innovations, and between conversations. */
  readonly sd: number;
  readonly sigma: number;
  readonly between: number;
  readonly band: readonly [number, number] | null;
  readonly z: number | null;
  readonly critical: number;
  readonly andersonHsiao: number | null;
  readonly transientTurns: number;
  readonly meanTurns: number;
}

export const BAND = 3;

export function factsOfFleet(fit: FleetFit, called: boolean): FleetFacts {
  const { phi, sigma, level } = fit;
  const sd = stationarySd(Math.min(phi, 0.98), sigma);
  const equilibrium = called ? equilibriumOf((1 - phi) * level, phi - 1) : null;
  return {
    conversations: fit.conversations,
    phi,
    phiInterval: [fit.phiLow, fit.phiHigh],
    halfLife: called ? halfLife(phi) : null,
    equilibrium,
    equilibriumInterval: equilibrium === null ? null : [fit.levelLow, fit.levelHigh],
    sd,
    sigma,
    between: fit.tau,
    band: equilibrium === null ? null : [equilibrium - BAND * sd, equilibrium + BAND * sd],
    z: fit.z,
    critical: fit.critical,
    andersonHsiao: fit.andersonHsiao,
    transientTurns: fit.transient,
    meanTurns: fit.meanTurns,
  };
}

/** The call of this moment: z below its critical value. */
export function isEquilibrium(fit: FleetFit): boolean {
  return fit.z !== null && fit.z < fit.critical;
}

/** One conversation against its own band, in raw divergence. */
export interface Standing {
  readonly divergence: number;
  readonly equilibrium: number;
  readonly band: readonly [number, number];
  /** Standard deviations above its equilibrium. */
  readonly position: number;
  readonly predictedNext: number;
  readonly forecast: readonly number[];
  readonly turnsToLimit: number | null;
}

const scratch = createWhitened();
const AHEAD = 5;

/** `before`: its level is taken from the turns before this one (the flagged change). */
export function standingOf(track: Track, fleet: Fleet, limit: number | null, before: number | null): Standing | null {
  if (fleet.fit === null || fleet.raw === null || track.turns.length === 0) return null;
  const fit = tested(fleet.fit);
  const from = skipped(track, fit.transient);
  const last = track.turns.length - 1;
  if (from > last) return null;
  whiten(track, fit, from, last + 1, scratch);
  let to = scratch.length;
  if (before !== null) while (to > 0 && track.turns[from + to - 1]! >= before) to--;
  const level = levelOf(scratch, fit.tau, to);
  const sd = stationarySd(fit.phi, fit.sigma);
  const turn = track.turns[last]!;
  const centre = (at: number): number => fit.level + level + curveAt(fit.curve, at);
  const own = centre(turn);
  const y = scratch.y[scratch.length - 1]! - level;
  const ahead = forecast(own + y, own, fit.phi, AHEAD).map((value, i) =>
    unscaled(value + curveAt(fit.curve, turn + i + 1) - curveAt(fit.curve, turn), fit.log),
  );
  const divergence = track.values[last]!;
  const equilibrium = unscaled(own, fit.log);
  return {
    divergence,
    equilibrium,
    band: [unscaled(own - BAND * sd, fit.log), unscaled(own + BAND * sd, fit.log)],
    position: y / sd,
    predictedNext: ahead[0]!,
    forecast: ahead,
    turnsToLimit: limit === null ? null : turnsToLimit(divergence, equilibrium, fit.phi, limit),
  };
}

/** The turns that lie furthest above its equilibrium, worst first: turn, divergence, standard deviations. */
export function worstTurns(track: Track, fleet: Fleet, before: number | null): object[] {
  if (fleet.fit === null) return [];
  const fit = tested(fleet.fit);
  const from = skipped(track, fit.transient);
  if (from >= track.turns.length) return [];
  whiten(track, fit, from, track.turns.length, scratch);
  let to = scratch.length;
  if (before !== null) while (to > 0 && track.turns[from + to - 1]! >= before) to--;
  const level = levelOf(scratch, fit.tau, to);
  const sd = stationarySd(fit.phi, fit.sigma);
  return Array.from({ length: scratch.length }, (_, k) => ({
    turn: track.turns[from + k]!,
    divergence: track.values[from + k]!,
    position: round((scratch.y[k]! - level) / sd),
  }))
    .sort((a, b) => b.position - a.position)
    .slice(0, 3);
}

/** For pictures: turns, divergences, and where interventions were. */
export function trajectoryOf(track: Track, lag: Lag): object {
  const interventions = track.turns.flatMap((turn, i) => {
    const kind = actsOn(track, i + lag, lag) ?? null;
    const own = i + lag < track.turns.length ? kind : track.marks[i]! & 1 ? "reminder" : null;
    return own === null ? [] : [{ turn, kind: own }];
  });
  return { turns: [...track.turns], divergence: track.values.map(round), interventions };
}

export function round(x: number): number {
  return Number(x.toPrecision(6));
}
