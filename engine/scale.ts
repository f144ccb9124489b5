import type { Part } from "./detector.ts";

/** What a state takes: its own bytes, and large parts, which several states may have in common. */
export interface Weight {
  readonly own: number;
  readonly large: readonly Part[];
}

/** Below this a part is not worth telling who else has it. */
const LARGE = 65_536;

export function weigh(running: number, parts: readonly Part[]): Weight {
  let own = running;
  for (const part of parts) if (sizeOf(part) < LARGE) own += sizeOf(part);
  return { own, large: parts.filter((part) => sizeOf(part) >= LARGE) };
}

function sizeOf({ bytes, memory }: Part): number {
  return memory ?? bytes.length;
}

/** The bytes that states hold together: a large part once, however many have it. */
export interface Scale {
  add(weight: Weight): void;
  remove(weight: Weight): void;
  total(): number;
}

export function createScale(): Scale {
  let total = 0;
  const users = new Map<string, { count: number; readonly size: number }>();
  return {
    add({ own, large }) {
      total += own;
      for (const part of large) {
        const known = users.get(part.hash);
        if (known !== undefined) known.count += 1;
        else {
          users.set(part.hash, { count: 1, size: sizeOf(part) });
          total += sizeOf(part);
        }
      }
    },
    remove({ own, large }) {
      total -= own;
      for (const { hash } of large) {
        const known = users.get(hash);
        if (known === undefined) continue;
        known.count -= 1;
        if (known.count > 0) continue;
        users.delete(hash);
        total -= known.size;
      }
    },
    total: () => total,
  };
}
