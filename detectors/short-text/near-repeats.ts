import { entryOf } from "./history.ts";
import type { Learnt } from "./learning.ts";
import type { Recent } from "./recent.ts";
import type { Watch } from "./watch.ts";

/** Texts this close in meaning and in time are as good as repeated. */
const DUPLICATE = 0.9;
const WITHIN = 50;
/** Share of texts from which they are dropped as exact repeats are. */
const MANY = 0.05;
/** Rows looked at, in stretches, so that large references cost no more. */
const LOOKED_AT = 4000;

/** Share of texts that say nearly the same as one of the 50 before, beyond what chance brings; `order`: their rows, in stream order. */
export function nearDuplicates(vectors: Float32Array, order: ArrayLike<number>, dim: number): number {
  const end = Math.min(order.length, LOOKED_AT);
  if (end <= WITHIN) return 0;
  let found = 0;
  let chance = 0;
  let elsewhere = 0;
  for (let i = WITHIN; i < end; i++) {
    if (hasAlike(vectors, order, i, i - WITHIN, dim)) found += 1;
    // As many from elsewhere.
    const far = (i * 7919 + Math.floor(end / 2)) % (end - WITHIN);
    if (Math.abs(far + WITHIN / 2 - i) <= 2 * WITHIN) continue;
    elsewhere += 1;
    if (hasAlike(vectors, order, i, far, dim)) chance += 1;
  }
  if (elsewhere === 0) return 0;
  const n = end - WITHIN;
  const p = chance / elsewhere;
  const noise = Math.sqrt(Math.max(p * (1 - p), 1 / n) * (1 / n + 1 / elsewhere));
  const share = found / n - p;
  return share > 4 * noise ? share : 0;
}

function hasAlike(vectors: Float32Array, order: ArrayLike<number>, i: number, from: number, dim: number): boolean {
  const a = order[i]! * dim;
  for (let j = from; j < from + WITHIN; j++) {
    if (j === i) continue;
    if (productOf(vectors, a, order[j]! * dim, dim) >= DUPLICATE) return true;
  }
  return false;
}

/** Whether a reference with such a share is learnt without them. */
export function isRepetitive(share: number): boolean {
  return share >= MANY;
}

/** The texts that do not nearly repeat one kept shortly before; `order`: their rows. */
export function withoutRepeats(
  learnt: readonly Learnt[],
  vectors: Float32Array,
  order: ArrayLike<number>,
  dim: number,
): readonly Learnt[] {
  const kept: number[] = [];
  for (let i = 0; i < learnt.length; i++) {
    let repeats = false;
    for (let k = kept.length - 1; k >= 0 && !repeats; k--) {
      const j = kept[k]!;
      if (learnt[i]!.index - learnt[j]!.index > WITHIN) break;
      repeats = productOf(vectors, order[i]! * dim, order[j]! * dim, dim) >= DUPLICATE;
    }
    if (!repeats) kept.push(i);
  }
  return kept.map((i) => learnt[i]!);
}

/**
 * Whether a text nearly repeats one of those that counted within the last 50 events. Only texts of its own cluster are looked
 * at, among whole vectors or among those without the middle: near-duplicates share one nearly always, others seldom.
 */
export function nearlyRepeats(
  watch: Watch,
  vector: Float32Array,
  place: { readonly cluster: number; readonly region: number },
  index: number,
): boolean {
  const { recent, history, reference } = watch;
  for (let s = recent.segments.length - 1; s >= 0; s--) {
    const segment = recent.segments[s]!;
    for (let i = segment.texts.length - 1; i >= 0; i--) {
      const at = segment.index[i]!;
      if (index - at > WITHIN) return false;
      if (at >= history.first && at < history.end) {
        const { segment: known, at: k } = entryOf(history, at);
        if (known.cluster[k] !== place.cluster && known.region[k] !== place.region) continue;
      }
      if (likenessTo(segment, i, vector, reference.middle) >= DUPLICATE) return true;
    }
  }
  return false;
}

/** Cosine about the middle. */
function likenessTo(
  { codes, scale }: Recent["segments"][number],
  i: number,
  vector: Float32Array,
  middle: Float32Array | null,
): number {
  const dim = vector.length;
  const step = scale[i]!;
  let product = 0;
  let a2 = 0;
  let b2 = 0;
  for (let d = 0, from = i * dim; d < dim; d++, from++) {
    const m = middle === null ? 0 : middle[d]!;
    const a = vector[d]! - m;
    const b = codes[from]! * step - m;
    product += a * b;
    a2 += a * a;
    b2 += b * b;
  }
  return a2 * b2 > 0 ? product / Math.sqrt(a2 * b2) : 0;
}

function productOf(vectors: Float32Array, a: number, b: number, dim: number): number {
  let product = 0;
  for (let d = 0; d < dim; d++) product += vectors[a + d]! * vectors[b + d]!;
  return product;
}
