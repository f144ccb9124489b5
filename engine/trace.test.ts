import { expect, test } from "vitest";
import type { RawRecord } from "./source.ts";
import { traceOf } from "./trace.ts";

const record = (value: string | null, name = "traceparent"): RawRecord => ({
  offset: 0,
  key: null,
  value: null,
  time: null,
  headers: [
    { name: "other", value: Buffer.from("x") },
    { name, value: value === null ? null : Buffer.from(value) },
  ],
});

test("the trace of a valid traceparent, and of nothing else", () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  expect(traceOf(record(`00-${trace}-00f067aa0ba902b7-01`))).toBe(trace);
  expect(traceOf(record(`00-${trace}-00f067aa0ba902b7-01`, "TraceParent"))).toBe(trace);
  for (const wrong of [null, "", "x", `00-${trace}`, `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, "y".repeat(9_999)])
    expect(traceOf(record(wrong))).toBeNull();
  expect(traceOf({ offset: 0, key: null, value: null, time: null })).toBeNull();
});
