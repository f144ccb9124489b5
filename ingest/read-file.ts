import type { FileHandle } from "node:fs/promises";
import type { Log } from "../engine/log.ts";
import type { Claim, Intake, PartitionId } from "../engine/source.ts";
import { type FileIdentity, firstLineHash, hasSameHead, identify, toCursor, toPlace } from "./file-place.ts";
import { createLineFeed, type LineFeed } from "./line-feed.ts";

const CHUNK_BYTES = 1 << 18;

export interface FileContext {
  readonly path: string;
  readonly partition: PartitionId;
  readonly maxLineBytes: number;
  readonly pollMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Where reading begins; `base` is the offset of the file's first line. */
export interface Start {
  readonly base: number;
  readonly line: number;
  readonly byte: number;
  readonly skipBelow: number;
}

/** A file from where the claim stands to its end. */
export async function readOnce(context: FileContext, file: FileHandle, intake: Intake): Promise<void> {
  // Another file under the old name is a recreated stream: its first line tells.
  const claim = await intake.claim(context.partition, await firstLineHash(file));
  const identity = await identify(file);
  const feed = feedFrom(context, intake, () => identity, await startOf(file, claim));
  await pump(context, file, feed, feed.byte());
  if (context.signal.aborted) return;
  await feed.end();
  intake.highWatermark(context.partition, feed.line());
}

/** The cursor's place where it is one of this file and not behind the position, else the file's start. */
async function startOf(file: FileHandle, claim: Claim): Promise<Start> {
  const skipBelow = claim.nextOffset ?? 0;
  const place = toPlace(claim.cursor);
  const usable =
    place !== null && place.base === 0 && place.line <= skipBelow && (await hasSameHead(file, place)) ? place : null;
  return { base: 0, line: usable?.line ?? 0, byte: usable?.byte ?? 0, skipBelow };
}

export function feedFrom(context: FileContext, intake: Intake, identity: () => FileIdentity, start: Start): LineFeed {
  return createLineFeed({
    intake,
    partition: context.partition,
    maxLineBytes: context.maxLineBytes,
    line: start.line,
    byte: start.byte,
    skipBelow: start.skipBelow,
    cursor: (line, byte) => toCursor({ ...identity(), base: start.base, line, byte }),
    stopped: () => context.signal.aborted,
  });
}

/** Reads from `byte` to what is the end now; returns where it stopped. Each chunk is a new buffer: records are views of it. */
export async function pump(
  context: FileContext,
  file: FileHandle,
  feed: LineFeed,
  byte: number,
  followed = false,
): Promise<number> {
  let at = byte;
  while (!context.signal.aborted) {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    await feed.push(chunk.subarray(0, bytesRead));
    // What comes behind the end may belong to another text by now: the follower looks first.
    if (followed && bytesRead < CHUNK_BYTES) break;
  }
  return at;
}
