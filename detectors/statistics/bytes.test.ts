import { expect, test } from "vitest";
import { createReader, createWriter } from "./bytes.ts";

test("what was written is read back, from plain bytes and from a Buffer inside a pool", () => {
  const w = createWriter(4);
  w.u8(7);
  w.f64(-1.5);
  w.text("naïve 👩‍👩‍👧");
  w.array(Float64Array.of(1, Number.POSITIVE_INFINITY, -0));
  w.array(Uint16Array.of(65535, 1));
  w.u32(4_000_000_000);
  const bytes = w.done();
  const pool = Buffer.alloc(bytes.length + 13, 255);
  pool.set(bytes, 5);
  for (const source of [bytes, Buffer.from(bytes), pool.subarray(5, 5 + bytes.length)]) {
    const r = createReader(source);
    expect(r.u8()).toBe(7);
    expect(r.f64()).toBe(-1.5);
    expect(r.text()).toBe("naïve 👩‍👩‍👧");
    expect(r.f64s()).toEqual(Float64Array.of(1, Number.POSITIVE_INFINITY, -0));
    expect(r.u16s()).toEqual(Uint16Array.of(65535, 1));
    expect(r.u32()).toBe(4_000_000_000);
  }
});
