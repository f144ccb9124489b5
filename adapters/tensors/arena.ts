/** Places in one growing address space: first fit, neighbours joined when freed, every place 64-byte aligned. */
export interface Arena {
  /** Address of a new place of at least `bytes`; `grow` is asked for the end that is needed. */
  take(bytes: number): number;
  give(address: number): void;
  /** Bytes taken now. */
  used(): number;
}

const ALIGN = 64;

/** `grow(end)` makes addresses below `end` usable or throws; then nothing was taken. */
export function createArena(start: number, grow: (end: number) => void): Arena {
  const first = align(start);
  let end = first;
  let used = 0;
  const free: { at: number; size: number }[] = [];
  const taken = new Map<number, number>();
  return {
    take(bytes) {
      const size = align(Math.max(bytes, ALIGN));
      const hole = free.findIndex((one) => one.size >= size);
      let at = end;
      if (hole >= 0) {
        const found = free[hole]!;
        at = found.at;
        if (found.size === size) free.splice(hole, 1);
        else free[hole] = { at: at + size, size: found.size - size };
      } else {
        grow(end + size);
        end += size;
      }
      taken.set(at, size);
      used += size;
      return at;
    },
    give(at) {
      const size = taken.get(at);
      if (size === undefined) return;
      taken.delete(at);
      used -= size;
      let index = free.findIndex((one) => one.at > at);
      if (index < 0) index = free.length;
      free.splice(index, 0, { at, size });
      join(free, index);
      join(free, index - 1);
      const last = free.at(-1);
      if (last !== undefined && last.at + last.size === end) {
        end = last.at;
        free.pop();
      }
    },
    used: () => used,
  };
}

function join(free: { at: number; size: number }[], index: number): void {
  const a = free[index];
  const b = free[index + 1];
  if (a === undefined || b === undefined || a.at + a.size !== b.at) return;
  free.splice(index, 2, { at: a.at, size: a.size + b.size });
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
