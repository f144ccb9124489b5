import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createArena } from "./arena.ts";
import { KERNELS, kernelFile } from "./compile-kernel.ts";

test.each(KERNELS)("the committed $file is what $source compiles to", async (kernel) => {
  expect(await readFile(new URL(`./${kernel.file}`, import.meta.url), "utf8")).toBe(await kernelFile(kernel));
});

test("the arena gives freed space out again, joined", () => {
  let end = 0;
  const arena = createArena(10, (needed) => {
    end = Math.max(end, needed);
  });
  const [a, b, c] = [arena.take(100), arena.take(100), arena.take(100)];
  const full = end;
  arena.give(a);
  arena.give(b);
  expect(arena.take(256)).toBe(a);
  expect(end).toBe(full);
  arena.give(c);
  arena.give(a);
  expect(arena.used()).toBe(0);
  arena.take(384);
  expect(end).toBe(full);
});
