import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Decode } from "../engine/decode.ts";
import { TidegaugeError } from "../engine/errors.ts";
import type { RawRecord } from "../engine/source.ts";
import type { Lesson, Lessons } from "../engine/teacher.ts";
import { createLineSplitter, isBlank } from "./lines.ts";

/** A file of events (NDJSON) that teach what is normal; every line was read once and is an event. */
export interface ReferenceFile extends Lessons {
  /** SHA-256 of its bytes, hex: what was learnt from another content is another reference. */
  readonly hash: string;
  readonly keys: readonly string[];
  readonly events: number;
  /** Every event, whatever its key. */
  readAll(): Promise<readonly Lesson[]>;
}

/** Where the lines of a key stand. Numbers alone: tens of thousands of keys with hundreds of lines each fit in memory. */
interface Places {
  readonly at: number[];
  readonly line: number[];
}

const CHUNK_BYTES = 1 << 20;

/** Reads it through once: content, and where each key's lines are. Throws REFERENCE_UNUSABLE at the first that is no event. */
export async function openReferenceFile(path: string, decode: Decode, maxLineBytes: number): Promise<ReferenceFile> {
  if (path.endsWith(".gz")) throw unusable(path, "a compressed file cannot be read key by key", "Uncompress it");
  const hash = createHash("sha256");
  const places = new Map<string, Places>();
  let events = 0;
  const file = await openFile(path);
  const stamp = await stampOf(file).finally(() => file.close());
  await eachLine(path, maxLineBytes, hash, (value, at, line) => {
    if (isBlank(value)) return;
    const decoded = decoderOf(path, decode)(value, line);
    if (decoded === null) return;
    const known = places.get(decoded.key) ?? { at: [], line: [] };
    known.at.push(at);
    known.line.push(line);
    places.set(decoded.key, known);
    events += 1;
  });
  if (events === 0) throw unusable(path, "it has no events", "Give it one event a line");

  return {
    hash: hash.digest("hex"),
    keys: [...places.keys()],
    events,
    count: (key) => places.get(key)?.at.length ?? 0,
    async read(key) {
      const { at, line } = places.get(key) ?? { at: [], line: [] };
      const handle = await openFile(path);
      try {
        if ((await stampOf(handle)) !== stamp) throw unusable(path, "it was changed since the start", "Start again");
        const lessons: Lesson[] = [];
        for (let i = 0; i < at.length; i++) {
          const value = await lineAt(handle, at[i]!, maxLineBytes);
          const decoded = decoderOf(path, decode)(value, line[i]!);
          if (decoded !== null) lessons.push(decoded);
        }
        return lessons;
      } finally {
        await handle.close();
      }
    },
    async readAll() {
      const lessons: Lesson[] = [];
      await eachLine(path, maxLineBytes, null, (value, _, line) => {
        const decoded = isBlank(value) ? null : decoderOf(path, decode)(value, line);
        if (decoded !== null) lessons.push(decoded);
      });
      return lessons;
    },
  };
}

function decoderOf(path: string, decode: Decode): (value: Buffer, line: number) => Lesson | null {
  return (value, line) => {
    const record: RawRecord = { offset: line, key: null, value, time: null };
    const decoded = decode(record);
    if (decoded === null) return null;
    const where = `${path} line ${line + 1}`;
    if ("reason" in decoded)
      throw unusable(where, `${decoded.reason}: ${decoded.detail.replace(/\.$/, "")}`, "Mend the line");
    return { ...decoded, where };
  };
}

async function eachLine(
  path: string,
  maxLineBytes: number,
  hash: { update(bytes: Uint8Array): unknown } | null,
  visit: (value: Buffer, at: number, line: number) => void,
): Promise<void> {
  const file = await openFile(path);
  const splitter = createLineSplitter(maxLineBytes);
  let line = 0;
  try {
    for (let at = 0; ; ) {
      const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const bytes = chunk.subarray(0, bytesRead);
      hash?.update(bytes);
      splitter.push(bytes);
      let start = splitter.consumed();
      for (let value = splitter.next(); value !== null; value = splitter.next()) {
        visit(value, start, line++);
        start = splitter.consumed();
      }
    }
    const start = splitter.consumed();
    const last = splitter.rest();
    if (last !== null) visit(last, start, line);
  } finally {
    await file.close();
  }
}

const FIRST_BYTES = 8192;

async function lineAt(file: FileHandle, at: number, maxLineBytes: number): Promise<Buffer> {
  for (let size = FIRST_BYTES; ; size *= 4) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(size, maxLineBytes + 2));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    const end = bytes.subarray(0, bytesRead).indexOf(0x0a);
    if (end >= 0) return bytes.subarray(0, end);
    if (bytesRead < bytes.length || bytes.length > maxLineBytes) return bytes.subarray(0, bytesRead);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : `it cannot be opened (${error.code})`;
    throw unusable(path, why, "Check reference.file");
  });
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw unusable(path, "it is a directory", "Check reference.file");
}

/** Tells whether it is still the file that was read through. */
async function stampOf(file: FileHandle): Promise<string> {
  const { dev, ino, size, mtimeMs } = await file.stat();
  return `${dev} ${ino} ${size} ${mtimeMs}`;
}

function unusable(file: string, why: string, fix: string): TidegaugeError {
  return new TidegaugeError("REFERENCE_UNUSABLE", { file, why, fix });
}
