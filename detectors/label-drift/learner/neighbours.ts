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
    for (let row = Math.min(skip, s.rows); row < s.rows; row += AT_ONCE) {
      const limit = found < k ? Number.POSITIVE_INFINITY : distances[k - 1]!;
      const many = Math.min(AT_ONCE, s.rows - row);
      fourDistances(s, row, many, z, shared, rest, limit);
      for (let n = 0; n < many; n++) {
        const distance = four[n]!;
        if (found === k && distance >= distances[k - 1]!) continue;
        let at = found < k ? found++ : k - 1;
        for (; at > 0 && distances[at - 1]! > distance; at--) {
          distances[at] = distances[at - 1]!;
          rows[at] = rows[at - 1]!;
          owners[at] = owners[at - 1]!;
        }
        distances[at] = distance;
        rows[at] = row + n;
        owners[at] = s;
      }
    }
    skip -= Math.min(skip, s.rows);
  }
  return found;
}

const AT_ONCE = 4;
/** Inputs after which rows that are all too far are given up. */
const GIVE_UP_EVERY = 24;
const four = new Float64Array(AT_ONCE);

/** Squared distances of `many` rows to z, into `four`; only some of them where all pass the limit. One sum alone waits for each of its additions. */
function fourDistances(
  { z: a, width }: Segment,
  row: number,
  many: number,
  z: Float64Array,
  shared: number,
  rest: number,
  limit: number,
): void {
  const first = row * width;
  // Where there are fewer rows the last stands in.
  const second = first + (many > 1 ? width : 0);
  const third = second + (many > 2 ? width : 0);
  const fourth = third + (many > 3 ? width : 0);
  let p = rest;
  let q = rest;
  let r = rest;
  let s = rest;
  for (let j = 0; j < shared; ) {
    const end = Math.min(j + GIVE_UP_EVERY, shared);
    for (; j < end; j++) {
      const x = z[j]!;
      const d = a[first + j]! - x;
      const e = a[second + j]! - x;
      const f = a[third + j]! - x;
      const g = a[fourth + j]! - x;
      p += d * d;
      q += e * e;
      r += f * f;
      s += g * g;
    }
    if (p >= limit && q >= limit && r >= limit && s >= limit) break;
  }
  four[0] = p;
  four[1] = q;
  four[2] = r;
  four[3] = s;
}

function sameLabels(m: number, n: number): boolean {
  const [a, b] = [owners[m]!, owners[n]!];
  const [fromA, fromB] = [a.starts[rows[m]!]!, b.starts[rows[n]!]!];
  const size = a.starts[rows[m]! + 1]! - fromA;
  if (size !== b.starts[rows[n]! + 1]! - fromB) return false;
  for (let k = 0; k < size; k++) if (a.labels[fromA + k] !== b.labels[fromB + k]) return false;
  return true;
}
