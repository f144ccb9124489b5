import { toText } from "./safe-text.ts";

export interface Conditions {
  /** `where …`, or nothing. */
  readonly sql: string;
  readonly values: readonly unknown[];
  /** `expression` ends in its operator. */
  add(expression: string, value: unknown): void;
  /** A further parameter, as its placeholder. */
  value(value: unknown): string;
}

/** Equality on the columns that have a value here; every value goes as a parameter. */
export function where(equal: Readonly<Record<string, string | number | undefined>>): Conditions {
  const terms: string[] = [];
  const values: unknown[] = [];
  const conditions: Conditions = {
    get sql() {
      return terms.length === 0 ? "" : `where ${terms.join(" and ")}`;
    },
    values,
    add(expression, value) {
      terms.push(`${expression} ${conditions.value(value)}`);
    },
    value(value) {
      values.push(typeof value === "string" ? toText(value) : value);
      return `$${values.length}`;
    },
  };
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) conditions.add(`${column} =`, value);
  return conditions;
}
