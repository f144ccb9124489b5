import { normalQuantile } from "../statistics/normal.ts";
import { createRandom, type Random, uniform } from "../statistics/random.ts";
import { type ShiftTest, testShift } from "./shift-test.ts";
import { KEPT } from "./track.ts";
import { createWhitened, type Whitened } from "./whiten.ts";

/** Z above which a conversation is flagged: one for steps, one for ramps. */
export interface Thresholds {
  readonly step: number;
  readonly ramp: number;
}

/** Ramps are looked for beside steps; this share of their promise leaves the sum near what was asked for. */
const RAMP_SHARE = 0.25;
/** The law is estimated, not known: so much of the promise is spent. */
const ESTIMATED = 0.85;
const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, KEPT];
const RATIOS = [0.1, 0.25, 0.5, 1, 2, 4];

const known = new Map<string, Thresholds>();

/**
 * Thresholds at which a conversation of so many turns is flagged falsely once in `promise` turns: the maximum over turns and
 * change turns is simulated under the fitted law (φ and τ/σ rounded), from one fixed seed, once per law.
 */
export function thresholdsFor(turns: number, phi: number, tauBySigma: number, promise: number): Thresholds {
  const length = nearest(LENGTHS, Math.min(KEPT, Math.max(3, turns)));
  const ratio = nearest(RATIOS, tauBySigma);
  const contraction = Math.min(0.95, Math.max(0, Math.round(phi * 20) / 20));
  const name = `${length} ${ratio} ${contraction} ${promise}`;
  const found = known.get(name);
  if (found) return found;
  const made = simulate(length, contraction, ratio, Math.min(0.5, (ESTIMATED * length) / promise));
  if (known.size > 500) known.clear();
  known.set(name, made);
  return made;
}

function simulate(length: number, phi: number, ratio: number, chance: number): Thresholds {
  const runs = Math.round(Math.min(8000, Math.max(1500, 3e6 / (length * length))));
  const random = createRandom("context-drift thresholds", length, phi, ratio);
  spare = Number.NaN;
  const steps = new Float64Array(runs);
  const ramps = new Float64Array(runs);
  const v = createWhitened();
  const test: ShiftTest = { step: 0, stepAt: 0, ramp: 0, rampAt: 0 };
  for (let i = 0; i < runs; i++) {
    drawConversation(v, length, phi, ratio, random);
    let step = 0;
    let ramp = 0;
    for (let t = 2; t <= length; t++) {
      testShift(v, ratio, t, test);
      if (test.step > step) step = test.step;
      if (test.ramp > ramp) ramp = test.ramp;
    }
    steps[i] = step;
    ramps[i] = ramp;
  }
  return { step: tailQuantile(steps.sort(), chance), ramp: tailQuantile(ramps.sort(), chance * RAMP_SHARE) };
}

function drawConversation(v: Whitened, length: number, phi: number, level: number, random: Random): void {
  const m = level * normal(random);
  for (let k = 0; k < length; k++) {
    v.r[k] = k === 0 ? Math.sqrt(1 - phi * phi) : 1;
    v.a[k] = k === 0 ? v.r[0]! : 1 - phi;
    v.w[k] = v.a[k]! * m + normal(random);
  }
  v.length = length;
}

/** Beyond what the runs show, the tail goes on as that of a normal maximum: P(Z > h) ~ N·(1 − Φ(h)), N from its 2 %. */
function tailQuantile(sorted: Float64Array, chance: number): number {
  const seen = Math.max(chance, 0.02);
  const h = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - seen)))]!;
  if (chance >= seen) return h;
  const at = upperTail(h);
  return -normalQuantile(Math.max(1e-15, (at * chance) / seen));
}

/** 1 − Φ(h) for h > 0 (Abramowitz and Stegun 26.2.17 is too coarse far out: continued fraction). */
function upperTail(h: number): number {
  if (h < 1.5) return 0.5 * erfc(h / Math.SQRT2);
  let fraction = h;
  for (let i = 60; i > 0; i--) fraction = h + i / fraction;
  return Math.exp(-0.5 * h * h) / Math.sqrt(2 * Math.PI) / fraction;
}

/** For small arguments: 1 − the series of erf. */
function erfc(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 40; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return 1 - (2 / Math.sqrt(Math.PI)) * sum;
}

let spare = Number.NaN;

function normal(random: Random): number {
  if (!Number.isNaN(spare)) {
    const kept = spare;
    spare = Number.NaN;
    return kept;
  }
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(random)));
  const angle = 2 * Math.PI * uniform(random);
  spare = radius * Math.sin(angle);
  return radius * Math.cos(angle);
}

function nearest(grid: readonly number[], x: number): number {
  return grid.reduce((best, each) => (Math.abs(each - x) < Math.abs(best - x) ? each : best));
}
