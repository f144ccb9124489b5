import type { z } from "zod";
import { REASONS, type Reason, type Rejection } from "../../engine/rejection.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Of several things wrong, the most telling first: a union fails in every branch, one of them meant this shape. */
const TELLING: readonly Reason[] = [
  "not-finite",
  "out-of-range",
  "wrong-dimension",
  "tokenizer-mismatch",
  "schema",
  "missing-field",
  "wrong-type",
];

/** zod's issues → one reason of the closed list. A detector's refinement may name its own: `params: { reason }`. */
export function rejectionOf(issues: readonly Issue[], event: Readonly<Record<string, unknown>>): Rejection {
  const found = issues.map((issue) => rejectionOfIssue(issue, [], event));
  return mostTelling(found) ?? { reason: "schema", detail: "The event does not fit the detector's schema." };
}

function rejectionOfIssue(issue: Issue, prefix: Path, event: unknown): Rejection {
  const path = [...prefix, ...issue.path];
  const input = at(event, issue.path);
  const name = describe(path);
  switch (issue.code) {
    case "invalid_type":
      if (input === undefined) return { reason: "missing-field", detail: `${name} is missing.` };
      if (typeof input === "number" && !Number.isFinite(input)) return notFinite(name);
      return { reason: "wrong-type", detail: `${name} is ${typeName(input)}, not ${article(issue.expected)}.` };
    case "too_big":
    case "too_small":
      return sized(issue, name);
    case "invalid_value":
      if (input === undefined) return { reason: "missing-field", detail: `${name} is missing.` };
      if (!issue.values.some((value) => typeof value === typeof input)) {
        return { reason: "wrong-type", detail: `${name} is ${typeName(input)}, which it cannot be.` };
      }
      return { reason: "schema", detail: `${name} is none of the values that it can have.` };
    case "invalid_union": {
      if (input === undefined) return { reason: "missing-field", detail: `${name} is missing.` };
      const branches = issue.errors.map(
        (errors) => mostTelling(errors.map((error) => rejectionOfIssue(error, path, input))) ?? schema(name),
      );
      return mostTelling(branches) ?? schema(name);
    }
    case "invalid_key":
    case "invalid_element":
      return mostTelling(issue.issues.map((inner) => rejectionOfIssue(inner, path, undefined))) ?? schema(name);
    case "custom":
      return custom(issue, path, event);
    default:
      return schema(name);
  }
}

function sized(issue: { readonly origin: string }, name: string): Rejection {
  switch (issue.origin) {
    case "array":
    case "set":
    case "map":
      return { reason: "wrong-dimension", detail: `${name} has the wrong number of elements.` };
    case "number":
    case "int":
    case "bigint":
      return { reason: "out-of-range", detail: `${name} is outside its range.` };
    default:
      return { reason: "schema", detail: `${name} has the wrong length.` };
  }
}

function custom(issue: z.core.$ZodIssueCustom, path: Path, event: unknown): Rejection {
  const named = REASONS.find((reason) => reason === issue.params?.reason);
  const sentence = issue.message === "Invalid input" ? null : sentenceOf(issue.message);
  if (named !== undefined) return { reason: named, detail: sentence ?? `${describe(path)} is refused (${named}).` };
  const fields = path.length === 0 && typeof event === "object" && event !== null ? Object.values(event) : [1];
  if (fields.every((field) => field === undefined)) {
    return { reason: "missing-field", detail: sentence ?? "The event has none of its fields." };
  }
  return { reason: "schema", detail: sentence ?? schema(describe(path)).detail };
}

function mostTelling(found: readonly Rejection[]): Rejection | null {
  let best: Rejection | null = null;
  for (const each of found) {
    if (best === null || TELLING.indexOf(each.reason) < TELLING.indexOf(best.reason)) best = each;
  }
  return best;
}

export function notFinite(name: string): Rejection {
  return { reason: "not-finite", detail: `${name} is not a finite number.` };
}

function schema(name: string): Rejection {
  return { reason: "schema", detail: `${name} does not fit the detector's schema.` };
}

/** Field x, element 3. Names inside the record are data: shortened and without control characters. */
export function describe(path: Path): string {
  if (path.length === 0) return "The event";
  const [field, ...rest] = path.map((part) => printable(String(part)));
  return `Field ${field}${rest.length === 0 ? "" : `, at ${rest.join("/")},`}`;
}

function printable(text: string): string {
  const clean = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?");
  return clean.length > 64 ? `${[...clean].slice(0, 63).join("")}…` : clean;
}

function sentenceOf(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return article(typeof value);
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.hasOwn(found, part) ? (found as Record<PropertyKey, unknown>)[part] : undefined;
  }
  return found;
}
