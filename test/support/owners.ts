import { setImmediate as breathe } from "node:timers/promises";
import { uniform } from "../../detectors/statistics/random.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { PartitionIntake } from "../../engine/intake.ts";
import type { RawRecord } from "../../engine/source.ts";
import { INTERNAL, type LossyTopic } from "./lossy-topic.ts";

/** A member of its own over the store and topics of a world. */
export interface Owner {
  readonly intake: PartitionIntake;
}

/** Reads a partition from its position on, in pieces, until it was fenced or `pieces` are read; commits only by count. */
export async function read(
  { random }: LossyTopic,
  { intake }: Owner,
  topic: string,
  partition: number,
  records: readonly RawRecord[],
  pieces: number,
): Promise<void> {
  const id = { topic, partition };
  const { nextOffset } = await intake.claim(id, topic);
  let at = records.findIndex(({ offset }) => offset >= (nextOffset ?? 0));
  for (let i = 0; i < pieces && at >= 0 && at < records.length; i++) {
    const some = records.slice(at, at + 1 + Math.floor(uniform(random) * 9));
    at += some.length;
    try {
      await intake.deliver(id, { records: some, nextOffset: some.at(-1)!.offset + 1 });
    } catch (error) {
      if (error instanceof TidegaugeError && error.code === "FENCED") return;
      throw error;
    }
  }
}

/** All partitions of a source, then of the internal topic, through owners that die, are replaced, or write on as zombies. */
export async function throughOwners(
  world: LossyTopic,
  owner: () => Owner,
  source: string,
  partitions: readonly (readonly RawRecord[])[],
): Promise<void> {
  const { random, log } = world;
  // Each partition has owners that are replaced while they still write: none is told to stop.
  await Promise.all(
    partitions.map(async (records, p) => {
      const zombies: Promise<void>[] = [];
      for (let life = 0; life < 4; life++) {
        zombies.push(read(world, owner(), source, p, records, records.length));
        for (let ticks = uniform(random) * 40; ticks > 0; ticks--) await breathe();
      }
      await Promise.all(zombies);
      await toTheEnd(world, owner(), source, p, records);
    }),
  );
  // The lanes are killed, too, before, between and after their commits.
  for (let q = 0; q < log.length; q++) {
    for (let life = 0; life < 4; life++) await read(world, owner(), INTERNAL, q, log[q]!, uniform(random) * 12);
    await toTheEnd(world, owner(), INTERNAL, q, log[q]!);
  }
}

async function toTheEnd(
  world: LossyTopic,
  last: Owner,
  topic: string,
  partition: number,
  records: readonly RawRecord[],
): Promise<void> {
  await read(world, last, topic, partition, records, Number.POSITIVE_INFINITY);
  await last.intake.flush();
}
