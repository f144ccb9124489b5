import type { Reader, Writer } from "../statistics/bytes.ts";

/** Things that several events belong to (conversations, chains): by name, silent longest first, at most MOST of them. */
export interface OpenItems<Item> {
  readonly byName: Map<string, { item: Item; time: number | null }>;
}

const MOST = 1000;
const IDLE_MS = 3_600_000;

export function createItems<Item>(): OpenItems<Item> {
  return { byName: new Map() };
}

/** The item of that name as it is now, or null; one that has been silent for an hour is over. */
export function peekItem<Item>(items: OpenItems<Item>, name: string, time: number | null): Item | null {
  const found = items.byName.get(name);
  return found === undefined || isIdle(found.time, time) ? null : found.item;
}

/** Puts it in as the newest; what is over by then, or has no room, is returned. */
export function putItem<Item>(items: OpenItems<Item>, name: string, item: Item, time: number | null): Item[] {
  const { byName } = items;
  const over: Item[] = [];
  const had = byName.get(name);
  if (had !== undefined && had.item !== item) over.push(had.item);
  byName.delete(name);
  byName.set(name, { item, time });
  for (const [other, { item: old, time: last }] of byName) {
    if (other === name || !(byName.size > MOST || isIdle(last, time))) break;
    byName.delete(other);
    over.push(old);
  }
  return over;
}

export function endItem<Item>(items: OpenItems<Item>, name: string): void {
  items.byName.delete(name);
}

function isIdle(last: number | null, now: number | null): boolean {
  return last !== null && now !== null && now - last > IDLE_MS;
}

export function saveItems<Item>(items: OpenItems<Item>, w: Writer, save: (item: Item) => void): void {
  w.u32(items.byName.size);
  for (const [name, { item, time }] of items.byName) {
    w.text(name);
    w.f64(time ?? Number.NaN);
    save(item);
  }
}

export function loadItems<Item>(r: Reader, load: () => Item): OpenItems<Item> {
  const items = createItems<Item>();
  const n = r.u32();
  for (let i = 0; i < n; i++) {
    const name = r.text();
    const time = r.f64();
    items.byName.set(name, { item: load(), time: Number.isNaN(time) ? null : time });
  }
  return items;
}
