import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Claim, Intake } from "../engine/source.ts";
import {
  type FileIdentity,
  type FilePlace,
  findRotated,
  hasSameHead,
  hasSameInode,
  identify,
  toPlace,
} from "./file-place.ts";
import type { LineFeed } from "./line-feed.ts";
import { type FileContext, feedFrom, pump, type Start } from "./read-file.ts";

/** The file being read now. */
interface Reading {
  readonly file: FileHandle;
  identity: FileIdentity;
  readonly feed: LineFeed;
  /** Bytes read, the unfinished last line included. */
  byte: number;
}

type Change = "none" | "truncated" | "rotated";

/** Follows a name: reads what is there, waits for more, and goes on through rotation and truncation. */
export async function followFile(context: FileContext, named: FileHandle, intake: Intake): Promise<void> {
  const claim = await intake.claim(context.partition, null);
  let reading = await resume(context, named, claim, intake);
  try {
    while (!context.signal.aborted) {
      // Known by its first bytes before they are read: a text that then takes their place is told from them.
      await renewHead(reading);
      if (reading.identity.headBytes > 0)
        reading.byte = await pump(context, reading.file, reading.feed, reading.byte, true);
      intake.highWatermark(context.partition, reading.feed.line());
      await pause(context);
      const change = context.signal.aborted ? "none" : await look(context, reading);
      if (change === "truncated" || change === "rotated") reading = await goOn(context, reading, change, intake);
    }
  } finally {
    await reading.file.close();
  }
}

/** Finds the place again: in the named file, in a renamed one beside it, or else at the start of the named one. */
async function resume(context: FileContext, named: FileHandle, claim: Claim, intake: Intake): Promise<Reading> {
  const skipBelow = claim.nextOffset ?? 0;
  const place = toPlace(claim.cursor);
  if (place === null) return begin(context, named, { base: 0, line: 0, byte: 0, skipBelow }, intake);
  const file = await fileOf(context, named, place);
  if (file === null) {
    context.log.warn("the file is another one than at the last stop; it is read from its start", {
      path: context.path,
      offset: skipBelow,
    });
    return begin(context, named, { base: skipBelow, line: skipBelow, byte: 0, skipBelow }, intake);
  }
  if (file !== named) await named.close();
  const sought = place.line <= skipBelow ? place : { line: place.base, byte: 0 };
  return begin(context, file, { base: place.base, line: sought.line, byte: sought.byte, skipBelow }, intake);
}

async function fileOf(context: FileContext, named: FileHandle, place: FilePlace): Promise<FileHandle | null> {
  const sameHead = await hasSameHead(named, place);
  if (sameHead && (await hasSameInode(named, place))) {
    return (await named.stat()).size >= place.byte ? named : null;
  }
  const rotated = await findRotated(context.path, place);
  if (rotated !== null) return rotated;
  // Copied or restored: another inode, the same text.
  return sameHead && place.headBytes > 0 && (await named.stat()).size >= place.byte ? named : null;
}

async function begin(context: FileContext, file: FileHandle, start: Start, intake: Intake): Promise<Reading> {
  const reading: Reading = {
    file,
    identity: await identify(file),
    feed: feedFrom(context, intake, () => reading.identity, start),
    byte: start.byte,
  };
  return reading;
}

async function look(context: FileContext, reading: Reading): Promise<Change> {
  const { size, ino } = await reading.file.stat({ bigint: true });
  if (Number(size) < reading.byte || !(await hasSameHead(reading.file, reading.identity))) return "truncated";
  if (Number(size) > reading.byte) return "none";
  // Between rename and creation there is no file of that name: wait on.
  const named = await stat(context.path, { bigint: true }).catch(() => null);
  return named !== null && named.ino !== ino ? "rotated" : "none";
}

/** The old text ends here, its last line with it; the new one starts at byte 0 with the next offset. */
async function goOn(context: FileContext, reading: Reading, change: Change, intake: Intake): Promise<Reading> {
  let file = reading.file;
  if (change === "rotated") {
    // A writer may still hold the renamed file, or the new one may be gone again.
    await pause(context);
    reading.byte = await pump(context, reading.file, reading.feed, reading.byte);
    const named = await open(context.path, "r").catch(() => null);
    if (named === null || context.signal.aborted) {
      await named?.close();
      return reading;
    }
    file = named;
  }
  await reading.feed.end();
  const next = reading.feed.line();
  context.log.info(`the followed file was ${change}`, { path: context.path, offset: next });
  if (file !== reading.file) await reading.file.close();
  return begin(context, file, { base: next, line: next, byte: 0, skipBelow: next }, intake);
}

/** A file that was short when first seen is known by more bytes as it grows. */
async function renewHead(reading: Reading): Promise<void> {
  const identity = await identify(reading.file);
  if (identity.headBytes > reading.identity.headBytes) reading.identity = identity;
}

async function pause(context: FileContext): Promise<void> {
  await sleep(context.pollMs, undefined, { signal: context.signal }).catch(() => {});
}
