import { useEffect, useState } from "preact/hooks";
import { get } from "./api.ts";
import { useResource } from "./resource.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A list that is newest first: its first page kept fresh, older ones fetched on demand and forgotten when the filter changes. */
export interface Newest<T, A> {
  /** Null: not answered yet. */
  readonly rows: readonly T[] | null;
  /** The first page's whole answer. */
  readonly answer: A | null;
  readonly failure: { readonly status: number; readonly message: string } | null;
  /** Null: there are no older ones. */
  readonly older: (() => Promise<void>) | null;
  readonly reload: () => void;
}

export function useNewest<T, A>(
  address: (after: string | null) => string,
  pageOf: (answer: A) => Page<T>,
  idOf: (item: T) => string,
  tick: unknown,
): Newest<T, A> {
  const filter = address(null);
  const { value, failure, reload } = useResource<A>(filter, tick);
  const [state, setState] = useState<{ filter: string; rows: readonly T[]; next: string | null }>({
    filter,
    rows: [],
    next: null,
  });
  useEffect(() => setState({ filter, rows: [], next: null }), [filter]);
  if (value === null) return { rows: null, answer: null, failure, older: null, reload };
  const first = pageOf(value);
  const known = new Set(first.items.map(idOf));
  const loaded = state.filter === filter ? state.rows : [];
  const next = loaded.length > 0 ? state.next : first.next;
  const load = async () => {
    const answer = await get<A>(address(next));
    if (answer.kind !== "ok") return;
    const { items, next: further } = pageOf(answer.value);
    setState((now) => (now.filter === filter ? { filter, rows: [...now.rows, ...items], next: further } : now));
  };
  const rows = [...first.items, ...loaded.filter((item) => !known.has(idOf(item)))];
  return { rows, answer: value, failure, older: next === null ? null : load, reload };
}
