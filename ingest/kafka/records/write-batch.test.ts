import fc from "fast-check";
import { expect, test } from "vitest";
import type { OutRecord } from "../port.ts";
import { readFetch } from "./record-set.ts";
import { writeBatch } from "./write-batch.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => Buffer.from(data));
const record: fc.Arbitrary<OutRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.record({ name: fc.string({ maxLength: 8, unit: "binary" }), value: fc.option(bytes) }), {
    maxLength: 4,
  }),
});

test("what is written is read, checksum included", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 200 }), fc.nat(2 ** 40), (records, time) => {
      const written = writeBatch(records, time);
      const [read, ...more] = [...readFetch({ askedOffset: 0, highWatermark: 1, aborted: [], records: written })];
      expect(more).toEqual([]);
      expect(read!.poison).toBeNull();
      const found = read!.records.map(({ offset, key, value, time, headers }) => ({
        offset,
        key,
        value,
        time,
        headers,
      }));
      expect(found).toEqual(
        records.map(({ key, value, headers }, offset) => ({
          offset,
          key,
          value,
          time,
          headers: headers.length === 0 ? null : headers,
        })),
      );
    }),
    { numRuns: 100 },
  );
});
