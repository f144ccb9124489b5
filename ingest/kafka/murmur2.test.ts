import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { murmur2, partitionOf } from "./murmur2.ts";

const theirs = createRequire(import.meta.url)("kafkajs/src/producer/partitioners/default/murmur2") as (
  key: Buffer,
) => number;

test("hashes are those of Kafka's own tests", () => {
  const known: Record<string, number> = {
    "21": -973932308,
    foobar: -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [key, hash] of Object.entries(known)) expect(murmur2(Buffer.from(key))).toBe(hash);
});

test("any key goes where kafkajs sends it, too", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
      const at = partitionOf(key, partitions);
      expect(at).toBe((theirs(Buffer.from(key)) & 0x7fffffff) % partitions);
      expect(at).toBeGreaterThanOrEqual(0);
    }),
  );
});
