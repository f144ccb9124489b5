import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Source } from "../engine/source.ts";
import {
  createPositions,
  createRecordingIntake,
  type RecordingIntake,
  until,
} from "../test/support/recording-intake.ts";
import { createFileSource } from "./file.ts";

let folder: string;
let path: string;
const at = "events.ndjson[0]";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegauge-file-"));
  path = join(folder, "events.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function readAll(source: Source, intake = createRecordingIntake()): Promise<RecordingIntake> {
  await source.run(intake);
  return intake;
}

function offsets(intake: RecordingIntake, where = at): number[] {
  return (intake.taken.get(where) ?? []).map((record) => record.offset);
}

function numbered(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `{"value":${from + i}}\n`).join("");
}

describe("a file read once", () => {
  test("gives each line under its number, blank ones counted, the last without newline too", async () => {
    writeFileSync(path, "a\n\n  \r\nb\r\nc");
    const intake = await readAll(createFileSource({ path }));
    expect(intake.taken.get(at)?.map(({ offset, value }) => [offset, value])).toEqual([
      [0, "a"],
      [3, "b\r"],
      [4, "c"],
    ]);
    expect(intake.watermarks.get(at)).toBe(5);
  });

  test("comes in batches of at most 4096 lines, each with its place", async () => {
    writeFileSync(path, numbered(0, 10_000));
    const intake = await readAll(createFileSource({ path }));
    expect(intake.values(at)).toEqual(numbered(0, 10_000).trimEnd().split("\n"));
    expect(Math.max(...intake.batches.map((batch) => batch.records.length))).toBe(4096);
    for (const batch of intake.batches) expect(batch.cursor?.line).toBe(batch.records[0]?.offset);
  });

  test("goes on by its place after a stop, and reads nothing twice", async () => {
    writeFileSync(path, numbered(0, 30_000));
    const positions = createPositions();
    const first = createFileSource({ path });
    const before = await readAll(
      first,
      createRecordingIntake({
        positions,
        before: (_, batch) => (batch.nextOffset > 10_000 ? first.stop() : undefined),
      }),
    );
    const after = await readAll(createFileSource({ path }), createRecordingIntake({ positions }));
    expect(before.claims[0]?.identity).toBe(after.claims[0]?.identity);
    expect(offsets(before).length).toBeLessThan(30_000);
    expect([...offsets(before), ...offsets(after)]).toEqual(Array.from({ length: 30_000 }, (_, i) => i));
  });

  test("without a usable place counts lines from the start", async () => {
    writeFileSync(path, numbered(0, 50));
    for (const cursor of [null, { inode: "1", head: "x", headBytes: 5, base: 0, line: 1, byte: 9 }, { other: 1 }]) {
      const positions = createPositions();
      positions.next.set(at, { epoch: 1, nextOffset: 40, cursor });
      const intake = await readAll(createFileSource({ path }), createRecordingIntake({ positions }));
      expect(intake.values(at)).toEqual(numbered(40, 50).trimEnd().split("\n"));
    }
  });

  test("has another identity when another file took its name, and the same when it grew", async () => {
    writeFileSync(path, "first\n");
    const one = await readAll(createFileSource({ path }));
    appendFileSync(path, "second\n");
    const grown = await readAll(createFileSource({ path }));
    writeFileSync(path, "other\n");
    const other = await readAll(createFileSource({ path }));
    expect(grown.claims[0]?.identity).toBe(one.claims[0]?.identity);
    expect(other.claims[0]?.identity).not.toBe(one.claims[0]?.identity);
  });

  test("has a line over the limit cut one byte past it", async () => {
    writeFileSync(path, `a\n${"x".repeat(3_000_000)}\nb\n`);
    const intake = await readAll(createFileSource({ path, maxLineBytes: 1000 }));
    expect(intake.values(at).map((value) => value?.length)).toEqual([1, 1001, 1]);
  });

  test("may be gzip by its name, and is then counted from the start again", async () => {
    const packed = `${path}.gz`;
    writeFileSync(packed, gzipSync(numbered(0, 9000)));
    const positions = createPositions();
    positions.next.set("events.ndjson.gz[0]", { epoch: 1, nextOffset: 8990, cursor: null });
    const intake = await readAll(createFileSource({ path: packed }), createRecordingIntake({ positions }));
    expect(offsets(intake, "events.ndjson.gz[0]")).toEqual(Array.from({ length: 10 }, (_, i) => 8990 + i));
  });

  test("that is broken gzip is halted after what could be read", async () => {
    const packed = `${path}.gz`;
    const bytes = gzipSync(numbered(0, 200_000));
    writeFileSync(packed, bytes.subarray(0, bytes.length - 20_000));
    const intake = await readAll(createFileSource({ path: packed }));
    expect(intake.halted[0]?.error.code).toBe("POISON_BATCH");
    expect(offsets(intake, "events.ndjson.gz[0]").length).toBeGreaterThan(10_000);
  });

  test("that is missing or a folder is SOURCE_MISSING", async () => {
    await expect(createFileSource({ path }).partitionCount()).rejects.toMatchObject({ code: "SOURCE_MISSING" });
    await expect(createFileSource({ path: folder }).run(createRecordingIntake())).rejects.toMatchObject({
      code: "SOURCE_MISSING",
    });
  });
});

describe("a followed file", () => {
  async function follow(
    intake: RecordingIntake,
    steps: (taken: (count: number) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const source = createFileSource({ path, follow: true, pollMs: 5 });
    const running = source.run(intake);
    try {
      await steps((count) => until(`${count} lines`, () => (intake.taken.get(at) ?? []).length >= count, 5000));
    } finally {
      await source.stop();
      await running;
    }
  }

  test("gives lines as they are finished, not before", async () => {
    writeFileSync(path, "a\nb");
    const intake = createRecordingIntake();
    await follow(intake, async (taken) => {
      await taken(1);
      appendFileSync(path, "b\n");
      await taken(2);
      appendFileSync(path, "c");
    });
    expect(intake.values(at)).toEqual(["a", "bb"]);
  });

  test("goes on through rotation with offsets that ascend, the unfinished last line delivered", async () => {
    writeFileSync(path, "a1\na2\na3");
    const intake = createRecordingIntake();
    await follow(intake, async (taken) => {
      await taken(2);
      renameSync(path, `${path}.1`);
      writeFileSync(path, "b1\n");
      await taken(4);
      appendFileSync(path, "b2\n");
      await taken(5);
    });
    expect(intake.values(at)).toEqual(["a1", "a2", "a3", "b1", "b2"]);
    expect(offsets(intake)).toEqual([0, 1, 2, 3, 4]);
  });

  test("goes on through truncation in place, also when it grew beyond its old length at once", async () => {
    writeFileSync(path, "a1\na2\n");
    const intake = createRecordingIntake();
    await follow(intake, async (taken) => {
      await taken(2);
      truncateSync(path);
      appendFileSync(path, "b1\n");
      await taken(3);
      writeFileSync(path, "c1-is-much-longer-than-before\n");
      await taken(4);
    });
    expect(intake.values(at)).toEqual(["a1", "a2", "b1", "c1-is-much-longer-than-before"]);
    expect(offsets(intake)).toEqual([0, 1, 2, 3]);
  });

  test("is found again after a stop: grown, or renamed while nobody looked", async () => {
    writeFileSync(path, "a1\na2\n");
    const positions = createPositions();
    const runs: RecordingIntake[] = [];
    const again = async (count: number) => {
      const intake = createRecordingIntake({ positions });
      runs.push(intake);
      await follow(intake, (taken) => taken(count));
      return intake;
    };
    await again(2);
    appendFileSync(path, "a3\n");
    await again(1);
    appendFileSync(path, "a4\n");
    renameSync(path, `${path}.1`);
    writeFileSync(path, "b1\nb2\n");
    await again(3);
    appendFileSync(path, "b3\n");
    await again(1);
    expect(runs.flatMap((intake) => intake.values(at))).toEqual(["a1", "a2", "a3", "a4", "b1", "b2", "b3"]);
    expect(runs.flatMap((intake) => offsets(intake))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("that was replaced while nobody looked is read from its start under new offsets", async () => {
    writeFileSync(path, "a1\na2\n");
    const positions = createPositions();
    await follow(createRecordingIntake({ positions }), (taken) => taken(2));
    rmSync(path);
    writeFileSync(path, "b1\n");
    const intake = createRecordingIntake({ positions });
    await follow(intake, (taken) => taken(1));
    expect(intake.taken.get(at)?.map(({ offset, value }) => [offset, value])).toEqual([[2, "b1"]]);
  });

  test("cannot be gzip", () => {
    expect(() => createFileSource({ path: "a.gz", follow: true })).toThrow(/compressed file cannot be followed/);
  });
});
