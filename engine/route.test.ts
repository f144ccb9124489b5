import fc from "fast-check";
import { expect, test } from "vitest";
import type { About } from "./notification.ts";
import { matches, takes } from "./route.ts";

const ABOUT: About = { monitor: "bot", detector: "short-text", key: "vip-7", kind: "drift", severity: "warning" };

test("a route hears what its filter names, and all phases but updates unless it asks", () => {
  const heard = (only: Parameters<typeof takes>[0]["only"], phase = "opened" as const) =>
    takes({ channel: "ops", only: only ?? {} }, ABOUT, phase);
  expect([heard({}), heard({ severity: "warning" }), heard({ severity: "critical" })]).toEqual([true, true, false]);
  expect([heard({ kinds: ["drift", "surge"] }), heard({ kinds: ["surge"] })]).toEqual([true, false]);
  expect([heard({ keys: ["x", "vip-*"] }), heard({ keys: ["*-8"] })]).toEqual([true, false]);
  expect([heard({ monitors: ["bot"] }), heard({ monitors: ["other"] })]).toEqual([true, false]);
  expect(heard({ severity: "info", kinds: ["drift"], keys: ["*"], monitors: ["other"] })).toBe(false);
  expect(takes({ channel: "ops" }, ABOUT, "updated")).toBe(false);
  expect(takes({ channel: "ops", only: { phases: ["updated"] } }, ABOUT, "updated")).toBe(true);
  expect(takes({ channel: "ops", only: { phases: ["updated"] } }, ABOUT, "opened")).toBe(false);
});

test("a pattern means what the regular expression of it means", () => {
  const piece = fc.stringMatching(/^[ab*]{0,6}$/);
  fc.assert(
    fc.property(piece, fc.stringMatching(/^[ab]{0,8}$/), (pattern, text) => {
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text);
      expect(matches(pattern, text)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
