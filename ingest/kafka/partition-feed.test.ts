import { expect, test } from "vitest";
import { TidegaugeError } from "../../engine/errors.ts";
import { silentLog } from "../../engine/log.ts";
import type { RawRecord } from "../../engine/source.ts";
import {
  createPositions,
  createRecordingIntake,
  type RecordingOptions,
  until,
} from "../../test/support/recording-intake.ts";
import { createPartitionFeed } from "./partition-feed.ts";
import type { FetchedBatch } from "./records/batch.ts";

const at = "t[0]";

interface Setup extends RecordingOptions {
  readonly nextOffset?: number | null;
  readonly bounds?: { low: number; high: number };
}

/** A feed with a recording intake and a client that only notes what it is told. */
async function open({ nextOffset = null, bounds = { low: 0, high: 1000 }, ...options }: Setup = {}) {
  const positions = createPositions();
  positions.next.set(at, { epoch: 1, nextOffset, cursor: null });
  const intake = createRecordingIntake({ positions, ...options });
  const told: string[] = [];
  const feed = createPartitionFeed({
    id: { topic: "t", partition: 0 },
    intake,
    log: silentLog,
    pause: () => told.push("pause"),
    resume: () => told.push("resume"),
    seek: (offset) => told.push(`seek ${offset}`),
    bounds: async () => bounds,
    beginning: async ({ low }) => low,
    identity: async () => "id",
    fenced: () => told.push("fenced"),
    fatal: (error) => told.push(`fatal ${String(error)}`),
  });
  feed.begin(Promise.resolve());
  await until("the claim", () => feed.state() !== "claiming");
  const offer = (batch: FetchedBatch) => feed.offer(batch, async () => {});
  const offsets = () => (intake.taken.get(at) ?? []).map((record) => record.offset);
  return { feed, intake, positions, told, offer, offsets };
}

function batch(askedOffset: number, offsets: readonly number[], more: Partial<FetchedBatch> = {}): FetchedBatch {
  const records = offsets.map((offset): RawRecord => ({ offset, key: null, value: Buffer.from("v"), time: null }));
  return { askedOffset, records, nextOffset: (offsets.at(-1) ?? -1) + 1, highWatermark: 1000, poison: null, ...more };
}

test("the claim's position is sought before anything is fetched", async () => {
  const { told } = await open({ nextOffset: 17 });
  expect(told).toEqual(["seek 17", "resume"]);
});

test("without a position it begins where it is told", async () => {
  expect((await open({ bounds: { low: 5, high: 9 } })).told).toEqual(["seek 5", "resume"]);
});

test("what was processed before is dropped", async () => {
  const { offer, offsets } = await open({ nextOffset: 12 });
  await offer(batch(12, [10, 11, 12, 13]));
  await offer(batch(12, [12, 13, 14]));
  expect(offsets()).toEqual([12, 13, 14]);
});

test("a batch of another place is sought back for once, then accepted", async () => {
  const { offer, offsets, told, intake } = await open({ nextOffset: 10 });
  await offer(batch(50, [50, 51]));
  expect(told.slice(2)).toEqual(["seek 10"]);
  expect(offsets()).toEqual([]);
  await offer(batch(50, [50, 51]));
  expect(offsets()).toEqual([50, 51]);
  expect(intake.gaps).toEqual([]);
});

test("when the log's start moved past the position meanwhile, that is a gap", async () => {
  const bounds = { low: 0, high: 1000 };
  const { offer, offsets, intake } = await open({ nextOffset: 10, bounds });
  bounds.low = 48;
  await offer(batch(48, [50, 51]));
  await offer(batch(48, [50, 51]));
  expect(offsets()).toEqual([50, 51]);
  expect(intake.gaps).toEqual([{ at, from: 10, to: 48 }]);
});

test("offsets that compaction left out are accepted without a second look", async () => {
  const { offer, offsets, told, positions } = await open({ nextOffset: 10 });
  await offer(batch(10, [14, 19], { nextOffset: 25 }));
  await offer(batch(25, [30]));
  expect(offsets()).toEqual([14, 19, 30]);
  expect(told).toHaveLength(2);
  expect(positions.next.get(at)?.nextOffset).toBe(31);
});

test("what the client went past for nobody is not missed", async () => {
  const { offer, offsets, told, positions } = await open({ nextOffset: 10 });
  await offer(batch(10, [], { nextOffset: 20 }));
  await until("the position", () => positions.next.get(at)?.nextOffset === 20);
  await offer(batch(20, [20]));
  expect(offsets()).toEqual([20]);
  expect(told).toHaveLength(2);
});

test("before the claim and after the end nothing is taken", async () => {
  const { feed, offer, offsets, intake } = await open();
  await feed.end();
  await offer(batch(0, [0]));
  expect(offsets()).toEqual([]);
  expect(intake.released).toEqual([at]);
});

test("the end waits for the batch in hand, drops the queue, and releases once", async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { feed, offer, offsets, intake } = await open({ before: () => gate });
  await offer(batch(0, [0, 1]));
  await offer(batch(2, [2, 3]));
  const ended = Promise.all([feed.end(), feed.end()]);
  expect(intake.released).toEqual([]);
  go();
  await ended;
  expect(offsets()).toEqual([0, 1]);
  expect(intake.released).toEqual([at]);
});

test("a full queue holds the client back, then pauses; room resumes it", async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { offer, offsets, told } = await open({ before: () => gate });
  const answers = [];
  for (const first of [0, 1, 2]) answers.push(await offer(batch(first, [first])));
  expect(answers).toEqual(["more", "more", "full"]);
  expect(told.slice(2)).toEqual(["pause"]);
  go();
  await until("all", () => offsets().length === 3);
  expect(told.slice(2)).toEqual(["pause", "resume"]);
});

test("fenced: nothing more is delivered, and the partition stays paused", async () => {
  const { feed, offer, offsets, told, positions } = await open();
  positions.next.set(at, { epoch: 9, nextOffset: 0, cursor: null });
  await offer(batch(0, [0]));
  await until("the fence", () => feed.state() === "fenced");
  await offer(batch(1, [1]));
  expect(offsets()).toEqual([]);
  expect(told.slice(2)).toEqual(["pause", "fenced"]);
});

test("poison halts after what stands before it", async () => {
  const { feed, offer, offsets, intake } = await open();
  await offer(batch(0, [0, 1], { poison: { offset: 2, why: "zstd" } }));
  await until("the halt", () => feed.state() === "halted");
  expect(offsets()).toEqual([0, 1]);
  expect(intake.halted[0]?.error).toMatchObject({ code: "POISON_BATCH", details: { offset: 2, partition: 0 } });
});

test("a monitor's failure halts the partition; a bug ends the source", async () => {
  const failed = new TidegaugeError("DETECTOR_FAILED", { detector: "d", monitor: "m", position: at, why: "w" });
  const one = await open({ before: () => Promise.reject(failed) });
  await one.offer(batch(0, [0]));
  await until("the halt", () => one.intake.halted.length === 1);
  expect(one.intake.halted[0]?.error).toBe(failed);
  const two = await open({ before: () => Promise.reject(new TypeError("bug")) });
  await two.offer(batch(0, [0]));
  await until("the end", () => two.told.includes("fatal TypeError: bug"));
});
