import type { z } from "zod";
import { nearest } from "./nearest.ts";

export interface Wording {
  readonly what: string;
  readonly fix: string;
}

type Issue = z.core.$ZodIssue;

const SEE_SCHEMA = "Correct the value; `tidegauge schema` prints what is allowed";

/** What is wrong with one value and what to do, in words for people; `given` is what stands there. */
export function word(issue: Issue, given: unknown): Wording {
  if (isMissing(issue)) return { what: "is missing", fix: "Add it" };
  const choices = choicesOf(issue);
  if (choices) return unknownChoice(given, choices);
  switch (issue.code) {
    case "invalid_key":
      return {
        what: `"${String(issue.path.at(-1))}" is no name: lower-case letters, digits, and . _ - after the first`,
        fix: "Rename it",
      };
    case "too_small":
      return { what: bound(issue.origin, "at least", issue.minimum, issue.inclusive ?? true, given), fix: SEE_SCHEMA };
    case "too_big":
      return { what: bound(issue.origin, "at most", issue.maximum, issue.inclusive ?? true, given), fix: SEE_SCHEMA };
    case "invalid_union": {
      const messages = issue.errors.flatMap((errors) => errors.map(({ message }) => plain(message)));
      return { what: messages.length === 0 ? plain(issue.message) : joined([...new Set(messages)]), fix: SEE_SCHEMA };
    }
    case "invalid_format":
      if (issue.format === "url")
        return { what: "is no http or https URL", fix: "Write it whole, as in https://example.org/hook" };
      return { what: plain(issue.message), fix: SEE_SCHEMA };
    default:
      return { what: plain(issue.message), fix: SEE_SCHEMA };
  }
}

/** An unknown name beside those that may stand there. */
export function unknownKey(key: string, known: readonly string[]): Wording {
  const near = nearest(key, known);
  const others = known.length === 0 || known.length > MANY ? "" : `; known here: ${known.join(", ")}`;
  return { what: `unknown key "${key}"`, fix: near ? `Did you mean "${near}"?` : `Remove it${others}` };
}

const MANY = 15;

function isMissing(issue: Issue): boolean {
  if (issue.code === "invalid_type") return /received undefined/.test(issue.message);
  return (
    issue.code === "invalid_union" &&
    issue.errors.length > 0 &&
    issue.errors.every((errors) => errors.some((inner) => inner.path.length === 0 && isMissing(inner)))
  );
}

function choicesOf(issue: Issue): readonly string[] | null {
  const values =
    issue.code === "invalid_value"
      ? issue.values
      : issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options)
        ? (issue.options as unknown[])
        : null;
  const names = values?.filter((value) => typeof value === "string") ?? [];
  return names.length === 0 ? null : names;
}

function unknownChoice(given: unknown, choices: readonly string[]): Wording {
  const near = typeof given === "string" ? nearest(given, choices) : null;
  const list = `one of ${choices.join(", ")}`;
  const what = given === undefined ? "is missing" : `${JSON.stringify(given)} is not known here`;
  return { what, fix: near ? `Did you mean "${near}"? It may be ${list}` : `Choose ${list}` };
}

function bound(origin: string, side: string, limit: number | bigint, inclusive: boolean, given: unknown): string {
  if (origin === "string" || origin === "array") {
    return limit === 1 && side === "at least" ? "must not be empty" : `must have ${side} ${limit} elements`;
  }
  const must = inclusive ? `${side} ${limit}` : `${side === "at least" ? "more than" : "less than"} ${limit}`;
  return `must be ${must}${typeof given === "number" ? `, is ${given}` : ""}`;
}

/** expected string, received number + expected object, received number → expected string or object, received number */
function joined(messages: readonly string[]): string {
  const parts = messages.map((message) => /^expected (.*), received (.*)$/.exec(message));
  const same = parts.every((part) => part !== null && part[2] === parts[0]?.[2]);
  if (!same) return messages.join(", or ");
  return `expected ${parts.map((part) => part![1]).join(" or ")}, received ${parts[0]![2]}`;
}

function plain(message: string): string {
  return message.replace(/^Invalid input: /, "").replace(/^Invalid string: /, "");
}
