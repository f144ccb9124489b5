import { expect, test } from "vitest";
import { formatTime } from "./format.ts";
import { tell } from "./tell.ts";

const onset = { index: 1702, low: 1650, high: 1760 };
const summary = "Since about event 1702 (1650–1760) 21 % of texts are about card delivery; before 0.3 %.";
const noon = new Date().setHours(12, 0, 0, 0);
const points = [
  { from: 1500, to: 1600, time: noon, ratio: 0.1 },
  { from: 1601, to: 1800, time: noon + 200 * 6_000, ratio: 0.1 },
];

test("events become times where the curve knows them", () => {
  expect(tell(summary, onset, points)).toBe(
    "Since about 12:10 (12:05–12:16), 21\u00a0% of texts are about card delivery; before 0.3\u00a0%.",
  );
});

test("days long past are told as days, once", () => {
  const old = points.map((point) => ({ ...point, time: Date.UTC(2003, 0, 28, 12) }));
  expect(tell(summary, onset, old)).toBe(
    `Since about ${formatTime(Date.UTC(2003, 0, 28, 12))}, 21\u00a0% of texts are about card delivery; before 0.3\u00a0%.`,
  );
});

test("without times the events get their thousands apart", () => {
  expect(tell(summary, onset, [])).toBe(
    "Since about event 1,702 (1,650–1,760), 21\u00a0% of texts are about card delivery; before 0.3\u00a0%.",
  );
});

test("a sentence about another event stays as it is", () => {
  const other = "Since event 9 values are higher.";
  expect(tell(other, onset, points)).toBe(other);
  expect(tell(other, null, points)).toBe(other);
});
