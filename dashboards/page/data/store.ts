import { useEffect, useState } from "preact/hooks";

/** A value that views watch. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  const [value, draw] = useState(store.get);
  useEffect(() => {
    const update = () => draw(store.get);
    // An effect runs some time after the drawing: what was set in between was told to nobody.
    update();
    return store.subscribe(update);
  }, [store]);
  return value;
}
