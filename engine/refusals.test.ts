import fc from "fast-check";
import { expect, test } from "vitest";
import { noRefusals, type Refused, type Said, weigh } from "./refusals.ts";

const missing = (offset: number, detail = "/value is missing."): Refused => ({
  offset,
  time: null,
  rejection: { reason: "missing-field", detail },
});
const kinds = (said: Said) => said.says.map(({ draft, offset }) => [draft.kind, offset]);
const through = (refused: readonly Refused[], upTo: number) => weigh(noRefusals, refused, upTo);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("a flood of one shape is told once, at its 23rd record, and once that it is over, with the count", () => {
  const said = through(
    range(1000, 6000).map((offset) => missing(offset)),
    7000,
  );
  expect(kinds(said)).toEqual([
    ["schema_change", 1022],
    ["recovered", 6389],
  ]);
  expect(said.says[1]!.draft.explanation).toMatchObject({ records: 5000, firstOffset: "1000", lastOffset: "5999" });
});

test("a bad record here and there is not told, nor are late ones; one in four is", () => {
  const every = (n: number) => range(0, 10_000).filter((offset) => offset % n === 0);
  expect(
    kinds(
      through(
        every(8).map((offset) => missing(offset)),
        10_000,
      ),
    ),
  ).toEqual([]);
  const late = range(0, 500).map((offset) => ({
    ...missing(offset),
    rejection: { reason: "late", detail: "" } as const,
  }));
  expect(kinds(through(late, 500))).toEqual([]);
  expect(
    through(
      every(4).map((offset) => missing(offset)),
      10_000,
    ).says,
  ).toHaveLength(1);
});

test("causes that differ each time are no change of schema, and at most eight are remembered", () => {
  const said = through(
    range(0, 500).map((offset) => missing(offset, `field ${"x".repeat(offset % 40)} is missing.`)),
    500,
  );
  expect(said.says).toEqual([]);
  expect(said.refusals.shapes.length).toBeLessThanOrEqual(8);
});

test("wherever the stream is cut, the same is said", () => {
  const record = fc.constantFrom(null, null, "a", "b", "c");
  const runs = fc.array(fc.tuple(record, fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(runs, fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }), (stretches, cuts) => {
      const stream = stretches.flatMap(([cause, count]) => Array<string | null>(count).fill(cause));
      const refused = stream.flatMap((cause, offset) => (cause === null ? [] : [missing(offset, cause)]));
      const whole = weigh(noRefusals, refused, stream.length);
      let refusals = noRefusals;
      const says: unknown[] = [];
      let from = 0;
      for (const to of [...cuts.filter((c) => c < stream.length), stream.length].sort((a, b) => a - b)) {
        const part = weigh(
          JSON.parse(JSON.stringify(refusals)),
          refused.filter(({ offset }) => offset >= from && offset < to),
          to,
        );
        refusals = part.refusals;
        says.push(...part.says);
        from = to;
      }
      expect(says).toEqual(whole.says);
      expect(refusals).toEqual(whole.refusals);
    }),
  );
});
