import { expect, test } from "vitest";
import { columns, curveOf, eventsWithin, nearest, timeOf, yRange } from "./model.ts";

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

test("where a pause lies between two points, the later one's events came at its end", () => {
  const years = Array.from({ length: 30 }, (_, i) => ({ from: i * 10, to: i * 10 + 9, time: i * 1_000, ratio: 0.1 }));
  const later = [...years, { from: 300, to: 309, time: 10_000_000, ratio: 0.1 }];
  expect(timeOf(later, 304)).toBe(10_000_000);
  expect(timeOf(later, 204)).toBe(19_500);
});

test("the curve leaves the silence of learning out, goes through its alarms and on to where the key stands", () => {
  const alarms = [
    { index: 110, time: 3_000 },
    { index: 70, time: 1_400 },
  ];
  expect(curveOf(points, { events: 121, ratio: 0.3, time: 4_000, alarms })).toEqual([
    points[1],
    { from: 64, to: 70, time: 1_400, ratio: 1 },
    { from: 71, to: 95, time: 1_500, ratio: 20 },
    { from: 96, to: 110, time: 3_000, ratio: 1 },
    { from: 111, to: 120, time: 4_000, ratio: 0.3 },
  ]);
  expect(curveOf([], { events: 12, ratio: 0, time: null, alarms: [] })).toEqual([]);
});

test("what is in sight is told in events, on either axis", () => {
  expect(eventsWithin(points, [30, 70], "events")).toEqual({ from: 0, to: 63 });
  expect(eventsWithin(points, [1.2, 2], "time")).toEqual({ from: 32, to: 95 });
  expect(eventsWithin(points, [96, 200], "events")).toBeNull();
});
