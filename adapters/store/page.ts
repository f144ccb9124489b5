import type { Page } from "../../engine/store.ts";

/** A full page may have a successor; a shorter one has none. */
export function page<Row, Item>(
  rows: readonly Row[],
  limit: number,
  cursor: (row: Row) => string,
  item: (row: Row) => Item,
): Page<Item> {
  const last = rows.at(-1);
  return { items: rows.map(item), next: last === undefined || rows.length < limit ? null : cursor(last) };
}
