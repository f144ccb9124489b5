import { expect, test } from "vitest";
import { createReader, createWriter } from "./bytes.ts";
import { createSegments, keepNewest, lengthOf, numbersOf, push, readSegments, writeSegments } from "./segments.ts";

test("numbers come back in order, from a snapshot too, and closed segments are never written again", () => {
  let s = createSegments();
  for (let i = 0; i < 1000; i++) {
    push(s, i / 3);
    if (i % 97 !== 0) continue;
    const w = createWriter();
    writeSegments(w, s);
    const running = w.done();
    expect(running.length).toBeLessThan(2100);
    const parts = s.closed;
    s = readSegments(createReader(running), parts);
    expect(s.closed).toBe(parts);
  }
  expect([...numbersOf(s)]).toEqual(Array.from({ length: 1000 }, (_, i) => i / 3));
  expect([...numbersOf(s, 3)]).toEqual([997 / 3, 998 / 3, 999 / 3]);
});

test("only whole segments that the newest numbers do not need go", () => {
  const s = createSegments();
  for (let i = 0; i < 5000; i++) {
    push(s, i);
    keepNewest(s, 300);
    expect(lengthOf(s)).toBeLessThan(300 + 256);
    if (i >= 300) expect(numbersOf(s, 300)[0]).toBe(i - 299);
  }
});
