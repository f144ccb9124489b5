/**
 * The ids of a key's newest events, bounded: what is sent again is known by its id. An id is kept as 53 bits of a hash: two of
 * 100,000 are taken for one with a chance of 1 in 10⁶ over them all.
 */
export interface RecentIds {
  readonly most: number;
  /** A ring once it has `most`; the oldest is at `next` then. */
  ring: Float64Array;
  size: number;
  next: number;
  /** Places in the ring, chained: `heads` by the hash's low bits, `rest` from a place on; −1 ends a chain. */
  heads: Int32Array;
  rest: Int32Array;
}

const LEAST = 8;

export function createRecentIds(most: number): RecentIds {
  const room = Math.min(most, LEAST);
  return { most, ...chainsOf(room), ring: new Float64Array(room), size: 0, next: 0 };
}

export function knowsId(ids: RecentIds, id: string): boolean {
  const hash = hashOf(id);
  for (let at = ids.heads[bucketOf(ids, hash)]!; at >= 0; at = ids.rest[at]!) if (ids.ring[at] === hash) return true;
  return false;
}

/** The oldest leaves where there are enough. */
export function keepId(ids: RecentIds, id: string): void {
  keep(ids, hashOf(id));
}

function keep(ids: RecentIds, hash: number): void {
  if (ids.size === ids.ring.length && ids.size < ids.most) grow(ids);
  const at = ids.next;
  if (ids.size === ids.most) unchain(ids, at);
  else ids.size++;
  ids.ring[at] = hash;
  chain(ids, at);
  ids.next = at + 1 === ids.most ? 0 : at + 1;
}

function grow(ids: RecentIds): void {
  const room = Math.min(ids.most, 2 * ids.ring.length);
  const ring = new Float64Array(room);
  ring.set(ids.ring);
  Object.assign(ids, { ...chainsOf(room), ring });
  for (let at = 0; at < ids.size; at++) chain(ids, at);
}

function chainsOf(room: number): Pick<RecentIds, "heads" | "rest"> {
  const buckets = 2 ** Math.ceil(Math.log2(room));
  return { heads: new Int32Array(buckets).fill(-1), rest: new Int32Array(room) };
}

function bucketOf({ heads }: RecentIds, hash: number): number {
  // The low 32 bits: more than there are buckets.
  return (hash % 2 ** 32) & (heads.length - 1);
}

function chain(ids: RecentIds, at: number): void {
  const bucket = bucketOf(ids, ids.ring[at]!);
  ids.rest[at] = ids.heads[bucket]!;
  ids.heads[bucket] = at;
}

function unchain(ids: RecentIds, at: number): void {
  const { heads, rest } = ids;
  const bucket = bucketOf(ids, ids.ring[at]!);
  if (heads[bucket] === at) {
    heads[bucket] = rest[at]!;
    return;
  }
  let before = heads[bucket]!;
  while (rest[before] !== at) before = rest[before]!;
  rest[before] = rest[at]!;
}

/** Oldest first. */
export function packIds({ ring, size, next, most }: RecentIds): Float64Array {
  const from = size === most ? next : 0;
  const all = new Float64Array(size);
  for (let i = 0; i < size; i++) all[i] = ring[(from + i) % size]!;
  return all;
}

/** The newest of them, where fewer are wanted now. */
export function unpackIds(packed: Float64Array, most: number): RecentIds {
  const ids = createRecentIds(most);
  for (const hash of packed.subarray(Math.max(0, packed.length - most))) keep(ids, hash);
  return ids;
}

/** 53 bits of two mixed 32-bit hashes (multiplications of MurmurHash3's finaliser). */
function hashOf(id: string): number {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x85ebca6b);
    b = Math.imul(b ^ unit, 0xc2b2ae35);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (b >>> 16), 0xc2b2ae35);
  b = Math.imul(b ^ (a >>> 13), 0x85ebca6b);
  return ((b ^ (b >>> 16)) >>> 11) * 2 ** 32 + ((a ^ (a >>> 16)) >>> 0);
}
