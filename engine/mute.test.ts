import { expect, test } from "vitest";
import { isMuted, type MuteWindow } from "./mute.ts";

const at = (text: string): number => Date.parse(text);

test("a window over midnight belongs to the day on which it begins, in its own zone", () => {
  const night: MuteWindow = { days: ["fri"], from: 22 * 60, to: 6 * 60, zone: "Europe/Berlin" };
  const muted = (text: string) => isMuted([night], at(text));
  // 2026-01-02 is a Friday; Berlin is an hour ahead of UTC.
  expect(muted("2026-01-02T20:59:00Z")).toBe(false);
  expect(muted("2026-01-02T21:00:00Z")).toBe(true);
  expect(muted("2026-01-03T04:59:00Z")).toBe(true);
  expect(muted("2026-01-03T05:00:00Z")).toBe(false);
  expect(muted("2026-01-03T22:00:00Z")).toBe(false);
  // In summer two.
  expect(muted("2026-07-03T20:00:00Z")).toBe(true);
});

test("without days every day; once is once; no window is never", () => {
  const noon: MuteWindow = { from: 720, to: 780, zone: "UTC" };
  expect([isMuted([noon], at("2026-05-05T12:30:00Z")), isMuted([noon], at("2026-05-05T13:00:00Z"))]).toEqual([
    true,
    false,
  ]);
  const once: MuteWindow = { start: at("2026-05-05T00:00:00Z"), end: at("2026-05-06T00:00:00Z") };
  expect([isMuted([once], at("2026-05-05T23:59:59Z")), isMuted([once], at("2026-05-06T00:00:00Z"))]).toEqual([
    true,
    false,
  ]);
  const whole: MuteWindow = { days: ["sun"], from: 0, to: 0, zone: "UTC" };
  expect([isMuted([whole], at("2026-01-04T12:00:00Z")), isMuted([whole], at("2026-01-05T12:00:00Z"))]).toEqual([
    true,
    false,
  ]);
  expect(isMuted([], 0)).toBe(false);
});
