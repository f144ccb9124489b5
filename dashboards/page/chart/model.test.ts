import { expect, test } from "vitest";
import { columns, nearest, timeOf, yRange } from "./model.ts";

const points = [
  { from: 0, to: 31, time: 1_000, ratio: 0 },
  { from: 32, to: 63, time: 2_000, ratio: 0.5 },
  { from: 64, to: 95, time: 1_500, ratio: 20 },
];

test("the range ends above the highest level and never below a tenth of the alarm line's decade", () => {
  expect(yRange(points)).toEqual([0.1, 38]);
  expect(yRange([])).toEqual([0.1, 5.699999999999999]);
  expect(yRange([{ from: 0, to: 1, time: null, ratio: 0.004 }])[0]).toBe(0.001);
});

test("levels of nothing are drawn at the floor, and time never runs back", () => {
  expect(columns(points, "events", 0.1)).toEqual([
    [31, 63, 95],
    [0.1, 0.5, 20],
  ]);
  expect(columns(points, "time", 0.1)[0]).toEqual([1, 2, 2]);
});

test("an event belongs to the point that holds it", () => {
  expect(nearest(points, 32)).toBe(1);
  expect(nearest(points, 63)).toBe(1);
  expect(nearest(points, 64)).toBe(2);
  expect(nearest(points, 1_000)).toBe(2);
});

test("an event's time lies between the times of the points around it", () => {
  expect(timeOf(points, 47)).toBe(1_500);
  expect(timeOf(points, 63)).toBe(2_000);
  expect(timeOf(points, 96)).toBeNull();
  expect(timeOf(points.slice(1), 5)).toBeNull();
});
