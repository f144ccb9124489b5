/** Inputs that wait for their labels, oldest first. */
export interface Waiting {
  readonly events: Map<string, Waiter>;
  /** Left without a label. */
  expired: number;
}

export interface Waiter {
  readonly index: number;
  readonly z: Float64Array;
  /** What was predicted when the inputs came: a class number, or the quantity; NaN: nothing yet. */
  readonly predicted: number;
}

export function createWaiting(): Waiting {
  return { events: new Map(), expired: 0 };
}

/** The same id again replaces what waited under it. */
export function wait(waiting: Waiting, id: string, waiter: Waiter, most: number): void {
  const { events } = waiting;
  if (events.delete(id)) waiting.expired++;
  events.set(id, waiter);
  if (events.size <= most) return;
  events.delete(events.keys().next().value!);
  waiting.expired++;
}

export function take(waiting: Waiting, id: string): Waiter | null {
  const found = waiting.events.get(id) ?? null;
  if (found !== null) waiting.events.delete(id);
  return found;
}
