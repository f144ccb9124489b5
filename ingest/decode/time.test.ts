import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRfc3339, readTime } from "./time.ts";

test("every date's ISO text reads back as the same instant, in any zone", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date("0001-01-02T00:00:00Z"), max: new Date("9999-12-30T00:00:00Z"), noInvalidDate: true }),
      fc.integer({ min: -14 * 60, max: 14 * 60 }),
      (date, zone) => {
        const local = new Date(date.getTime() + zone * 60_000).toISOString().slice(0, -1);
        const [hour, minute] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60];
        const suffix = `${zone < 0 ? "-" : "+"}${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
        expect(parseRfc3339(local + suffix)).toBe(date.getTime());
        expect(parseRfc3339(date.toISOString())).toBe(date.getTime());
      },
    ),
  );
});

test.each([
  "2023-02-29T00:00:00Z",
  "2024-13-01T00:00:00Z",
  "2024-01-01T24:00:00Z",
  "2024-01-01T00:00:00",
  "2024-01-01",
  "1 January 2024",
  "1700000000000",
  "",
])("%s is no RFC 3339", (text) => {
  expect(parseRfc3339(text)).toBeNull();
});

test("fractions are cut to milliseconds, a leap second is the second after", () => {
  expect(parseRfc3339("1970-01-01 00:00:00.123999z")).toBe(123);
  expect(parseRfc3339("2016-12-31T23:59:60Z")).toBe(Date.UTC(2017, 0, 1));
  expect(readTime(1.9, null)).toBe(1);
});
