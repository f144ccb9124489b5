import fc from "fast-check";
import { expect, test } from "vitest";
import { abortMarker, encodeBatch, sealed } from "../../../test/support/record-batches.ts";
import type { AbortedTransaction, FetchedBatch } from "./batch.ts";
import { crc32c } from "./crc32c.ts";
import { readFetch } from "./record-set.ts";

function read(records: Buffer, askedOffset = 0, aborted: readonly AbortedTransaction[] = []): FetchedBatch[] {
  return [...readFetch({ records, askedOffset, aborted, highWatermark: 900 })];
}

const valuesOf = (pieces: readonly FetchedBatch[]) =>
  pieces.flatMap(({ records }) =>
    records.map(({ offset, value }) => `${offset} ${value === null ? null : String(value)}`),
  );

test("the checksum is Castagnoli's", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

test("what kafkajs encodes is read: offsets, times, keys, tombstones, headers", async () => {
  const first = await encodeBatch({ firstOffset: 40, values: ["a", null, "ü"], key: "k", headers: { h: "v" } });
  const second = await encodeBatch({ firstOffset: 50, values: ["z".repeat(300)], codec: 1, time: 2 ** 41 });
  const [piece, ...more] = read(Buffer.concat([first, second]), 40);
  expect(more).toEqual([]);
  expect(piece).toMatchObject({ askedOffset: 40, nextOffset: 51, highWatermark: 900, poison: null });
  const shown = piece!.records.map(({ offset, key, value, time, headers }) => [
    offset,
    key && String(key),
    value && String(value),
    time,
    headers?.map(({ name, value }) => [name, String(value)]) ?? null,
  ]);
  expect(shown).toEqual([
    [40, "k", "a", 1000, [["h", "v"]]],
    [41, "k", null, 1001, [["h", "v"]]],
    [42, "k", "ü", 1002, [["h", "v"]]],
    [50, null, "z".repeat(300), 2 ** 41, null],
  ]);
});

test("records before the asked offset are left out, and a cut last batch is left for the next fetch", async () => {
  const whole = Buffer.concat([
    await encodeBatch({ firstOffset: 0, values: ["a", "b", "c"] }),
    await encodeBatch({ firstOffset: 3, values: ["d", "e"] }),
  ]);
  for (let cut = 1; cut < 60; cut++) {
    const pieces = read(whole.subarray(0, whole.length - cut), 1);
    expect(valuesOf(pieces)).toEqual(["1 b", "2 c"]);
    expect(pieces.at(-1)).toMatchObject({ nextOffset: 3, poison: null });
  }
  expect(read(Buffer.alloc(0), 7)).toEqual([]);
});

test("much comes in pieces that follow each other", async () => {
  const batches = [];
  for (let i = 0; i < 5; i++)
    batches.push(await encodeBatch({ firstOffset: 2 * i, values: ["x".repeat(600_000), "y"] }));
  const pieces = read(Buffer.concat(batches));
  expect(pieces.map(({ askedOffset, nextOffset, records }) => [askedOffset, nextOffset, records.length])).toEqual([
    [0, 4, 4],
    [4, 8, 4],
    [8, 10, 2],
  ]);
});

test("aborted transactions and control records are left out, also when nothing is left", async () => {
  const of = (firstOffset: number, producerId: number, value: string) =>
    encodeBatch({ firstOffset, values: [value], producerId, transactional: true });
  const log = Buffer.concat([
    await of(0, 1, "aborted"),
    await of(1, 2, "kept"),
    await encodeBatch({ firstOffset: 2, values: ["plain"] }),
    await of(3, 1, "aborted too"),
    await abortMarker(4, 1),
    await of(5, 1, "next transaction"),
    await abortMarker(6, 2, "commit"),
    await abortMarker(7, 1, "commit"),
  ]);
  const pieces = read(log, 0, [{ producerId: 1n, firstOffset: 0 }]);
  expect(valuesOf(pieces)).toEqual(["1 kept", "2 plain", "5 next transaction"]);
  expect(pieces.at(-1)?.nextOffset).toBe(8);
  const nothing = read(await of(0, 1, "x"), 0, [{ producerId: 1n, firstOffset: 0 }]);
  expect(nothing).toMatchObject([{ records: [], nextOffset: 1, poison: null }]);
});

const spoil: readonly [string, (batch: Buffer) => Buffer, RegExp, readonly string[]][] = [
  ["a changed byte", (b) => b.fill(0xff, b.length - 2, b.length - 1), /checksum/, []],
  ["an unknown compression", (b) => sealed(b.fill(6, 22, 23)), /codec 6\) is unknown/, []],
  ["a compression that it does not have", (b) => sealed(b.fill(3, 22, 23)), /broken/, []],
  ["another record format", (b) => b.fill(1, 16, 17), /record format is 1/, []],
  ["a length too small", (b) => b.fill(0, 8, 11).fill(9, 11, 12), /cut off/, []],
  [
    "a damaged record under a good checksum",
    (b) => sealed(b.fill(0x7f, b.length - 8, b.length - 7)),
    /record is damaged/,
    ["2 c"],
  ],
];

test.each(spoil)("%s ends the partition where it stands, after what is before it", async (_, damage, why, more) => {
  const good = await encodeBatch({ firstOffset: 0, values: ["a", "b"] });
  const bad = damage(await encodeBatch({ firstOffset: 2, values: ["c", "d"] }));
  const after = await encodeBatch({ firstOffset: 4, values: ["e"] });
  const pieces = read(Buffer.concat([good, bad, after]));
  expect(valuesOf(pieces)).toEqual(["0 a", "1 b", ...more]);
  expect(pieces.at(-1)?.poison).toEqual({ offset: 2 + more.length, why: expect.stringMatching(why) });
});

test("whatever bytes come, they are records or a complaint", async () => {
  const good = await encodeBatch({ firstOffset: 5, values: ["abc", "def"], key: "k", headers: { a: "b" } });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.boolean(),
      (edits, seal) => {
        const data = Buffer.from(good);
        for (const [at, byte] of edits) data[at] = byte;
        const pieces = read(seal ? sealed(data) : data, 5);
        for (const { nextOffset, askedOffset } of pieces) expect(nextOffset).toBeGreaterThanOrEqual(askedOffset);
        const poison = pieces.at(-1)?.poison ?? null;
        // Without a new checksum a change shows, but in what the checksum does not cover: offset, length, leader's epoch.
        if (!seal && poison === null && edits.some(([at, byte]) => at >= 16 && good[at] !== byte))
          expect(data).toEqual(good);
      },
    ),
    { numRuns: 1000 },
  );
});
