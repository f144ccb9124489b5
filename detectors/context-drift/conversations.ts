import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { type Conversation, createConversation, packConversations, unpackConversations } from "./conversation.ts";

/**
 * The open conversations of a key, in slots: the lowest free slot is taken, 32 slots are a block, a block is one part of the
 * snapshot. A checkpoint writes the blocks in which a conversation spoke since the last, no others.
 */
export interface Conversations {
  readonly slots: (Conversation | null)[];
  readonly slotOf: Map<string, number>;
  /**
   * A ring of slots in the order in which they were heard: `later[0]` is the one silent longest, `earlier[0]` the newest,
   * slot s stands at s + 1. (A Map of insertion order is walked over its deleted entries, which are as many as it has.)
   */
  readonly later: number[];
  readonly earlier: number[];
  /** Free slots below the end, a binary heap with the lowest on top. */
  readonly free: number[];
  /** Of blocks unchanged since they were last packed. */
  readonly packed: (Part | null)[];
}

const BLOCK = 32;

export function createConversations(): Conversations {
  return { slots: [], slotOf: new Map(), later: [0], earlier: [0], free: [], packed: [] };
}

export function findConversation(all: Conversations, id: string): Conversation | null {
  const slot = all.slotOf.get(id);
  return slot === undefined ? null : all.slots[slot]!;
}

export function openConversation(all: Conversations, id: string): Conversation {
  const slot = all.free.length > 0 ? pop(all.free) : all.slots.length;
  const opened = createConversation(id);
  all.slots[slot] = opened;
  all.slotOf.set(id, slot);
  append(all, slot + 1);
  all.packed[slot >>> 5] = null;
  return opened;
}

/** It spoke: the newest of all now, and its block is to be written. */
export function touchConversation(all: Conversations, c: Conversation, heard: number): void {
  const slot = all.slotOf.get(c.id)!;
  c.heard = heard;
  if (all.earlier[0] !== slot + 1) {
    unlink(all, slot + 1);
    append(all, slot + 1);
  }
  all.packed[slot >>> 5] = null;
}

export function dropConversation(all: Conversations, c: Conversation): void {
  const slot = all.slotOf.get(c.id)!;
  all.slotOf.delete(c.id);
  unlink(all, slot + 1);
  all.slots[slot] = null;
  all.packed[slot >>> 5] = null;
  push(all.free, slot);
}

/** The one that was silent longest. */
export function oldestConversation(all: Conversations): Conversation | null {
  const at = all.later[0]!;
  return at === 0 ? null : all.slots[at - 1]!;
}

export function* newestFirst(all: Conversations): Generator<Conversation> {
  for (let at = all.earlier[0]!; at !== 0; at = all.earlier[at]!) yield all.slots[at - 1]!;
}

function append({ later, earlier }: Conversations, at: number): void {
  const last = earlier[0]!;
  later[last] = at;
  earlier[at] = last;
  later[at] = 0;
  earlier[0] = at;
}

function unlink({ later, earlier }: Conversations, at: number): void {
  const next = later[at]!;
  const previous = earlier[at]!;
  later[previous] = next;
  earlier[next] = previous;
}

/** Parts and, per block from the first, a bit for each slot in use. */
export function saveConversations(all: Conversations): { used: Uint32Array; parts: Part[] } {
  const blocks = Math.ceil(lastUsed(all) / BLOCK);
  const used = new Uint32Array(blocks);
  const parts: Part[] = [];
  for (let block = 0; block < blocks; block++) {
    const live: Conversation[] = [];
    for (let i = 0; i < BLOCK; i++) {
      const c = all.slots[block * BLOCK + i];
      if (!c) continue;
      used[block] = used[block]! | (1 << i);
      live.push(c);
    }
    if (live.length === 0) continue;
    const kept = all.packed[block];
    const part = kept ?? packed(live);
    all.packed[block] = part;
    parts.push(part);
  }
  return { used, parts };
}

/** In memory a conversation takes so many times its bytes (bench/context-drift.ts open): the engine's limit is on memory. */
const UNPACKED = 5;

function packed(live: readonly Conversation[]): Part {
  return weighed(makePart(packConversations(live)));
}

/** The store keeps its bytes alone. */
function weighed(part: Part): Part {
  return { ...part, memory: UNPACKED * part.bytes.length };
}

/** Takes its parts from the front of `parts`; returns how many. */
export function loadConversations(
  used: Uint32Array,
  parts: readonly Part[],
): { readonly all: Conversations; readonly taken: number } {
  const all = createConversations();
  let taken = 0;
  used.forEach((bits, block) => {
    if (bits === 0) return;
    const part = parts[taken++]!;
    const slots = Array.from({ length: BLOCK }, (_, i) => i).filter((i) => (bits >>> i) & 1);
    unpackConversations(part.bytes, slots.length).forEach((c, i) => {
      all.slots[block * BLOCK + slots[i]!] = c;
    });
    all.packed[block] = weighed(part);
  });
  const heard: { slot: number; c: Conversation }[] = [];
  for (let slot = 0; slot < all.slots.length; slot++) {
    const c = all.slots[slot] ?? null;
    all.slots[slot] = c;
    if (c === null) push(all.free, slot);
    else heard.push({ slot, c });
  }
  for (const { slot, c } of heard.sort((a, b) => a.c.heard - b.c.heard)) {
    all.slotOf.set(c.id, slot);
    append(all, slot + 1);
  }
  return { all, taken };
}

function lastUsed(all: Conversations): number {
  let length = all.slots.length;
  while (length > 0 && !all.slots[length - 1]) length--;
  return length;
}

function push(heap: number[], x: number): void {
  let at = heap.length;
  heap.push(x);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (heap[parent]! <= x) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = x;
}

function pop(heap: number[]): number {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
