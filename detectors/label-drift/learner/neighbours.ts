import { type Log, type Segment, segmentsOf } from "./log.ts";

/** The k nearest of the newest events vote with 1 / distance: each label's share of the votes, and the label set with the most. */
export interface Vote {
  readonly k: number;
  readonly window: number;
}

const MOST = 64;
const distances = new Float64Array(MOST);
const rows = new Int32Array(MOST);
const owners: (Segment | null)[] = new Array(MOST).fill(null);

/** `born[l]`: the label's number meant another before this event. Scores and hard answer: [labels], written whole. */
export function vote(
  log: Log,
  { k, window }: Vote,
  z: Float64Array,
  width: number,
  born: Float64Array,
  labels: number,
  scores: Float64Array,
  hard: Uint8Array,
): void {
  const found = nearest(log, k, window, z, width);
  scores.fill(0, 0, labels);
  hard.fill(0, 0, labels);
  if (found === 0) return;
  let total = 0;
  let most = -1;
  let best = 0;
  const weights = new Float64Array(found);
  for (let n = 0; n < found; n++) {
    const weight = 1 / (Math.sqrt(distances[n]!) + 1e-9);
    total += weight;
    const s = owners[n]!;
    for (let at = s.starts[rows[n]!]!; at < s.starts[rows[n]! + 1]!; at++) {
      const l = s.labels[at]!;
      if (born[l]! <= s.first + rows[n]!) scores[l] = scores[l]! + weight;
    }
    // The first of equal label sets carries their votes.
    let carrier = n;
    for (let m = 0; m < n; m++) {
      if (sameLabels(m, n)) {
        carrier = m;
        break;
      }
    }
    weights[carrier] = weights[carrier]! + weight;
  }
  for (let n = 0; n < found; n++) if (weights[n]! > most) [most, best] = [weights[n]!, n];
  for (let l = 0; l < labels; l++) scores[l] = scores[l]! / total;
  const s = owners[best]!;
  for (let at = s.starts[rows[best]!]!; at < s.starts[rows[best]! + 1]!; at++) {
    if (born[s.labels[at]!]! <= s.first + rows[best]!) hard[s.labels[at]!] = 1;
  }
}

/** Fills the k nearest, nearest first, the older first where equal. */
function nearest(log: Log, k: number, window: number, z: Float64Array, width: number): number {
  const segments = segmentsOf(log);
  let skip = Math.max(0, segments.reduce((n, s) => n + s.rows, 0) - window);
  let found = 0;
  for (const s of segments) {
    const shared = Math.min(s.width, width);
    // An input that came later was 0 in all events before.
    let rest = 0;
    for (let j = shared; j < width; j++) rest += z[j]! * z[j]!;
    for (let row = 0; row < s.rows; row++) {
      if (skip > 0) {
        skip--;
        continue;
      }
      const limit = found < k ? Number.POSITIVE_INFINITY : distances[k - 1]!;
      const distance = distanceTo(s.z, row * s.width, z, shared, rest, limit);
      if (distance >= limit) continue;
      let at = found < k ? found++ : k - 1;
      for (; at > 0 && distances[at - 1]! > distance; at--) {
        distances[at] = distances[at - 1]!;
        rows[at] = rows[at - 1]!;
        owners[at] = owners[at - 1]!;
      }
      distances[at] = distance;
      rows[at] = row;
      owners[at] = s;
    }
  }
  return found;
}

/** Squared; gives up where it passes the limit. */
function distanceTo(
  a: Float32Array,
  from: number,
  z: Float64Array,
  width: number,
  start: number,
  limit: number,
): number {
  let sum = start;
  let j = 0;
  for (; j + 16 <= width; j += 16) {
    for (let i = j; i < j + 16; i += 4) {
      const d = a[from + i]! - z[i]!;
      const e = a[from + i + 1]! - z[i + 1]!;
      const f = a[from + i + 2]! - z[i + 2]!;
      const g = a[from + i + 3]! - z[i + 3]!;
      sum += d * d + e * e + (f * f + g * g);
    }
    if (sum >= limit) return sum;
  }
  for (; j < width; j++) {
    const d = a[from + j]! - z[j]!;
    sum += d * d;
  }
  return sum;
}

function sameLabels(m: number, n: number): boolean {
  const [a, b] = [owners[m]!, owners[n]!];
  const [fromA, fromB] = [a.starts[rows[m]!]!, b.starts[rows[n]!]!];
  const size = a.starts[rows[m]! + 1]! - fromA;
  if (size !== b.starts[rows[n]! + 1]! - fromB) return false;
  for (let k = 0; k < size; k++) if (a.labels[fromA + k] !== b.labels[fromB + k]) return false;
  return true;
}
