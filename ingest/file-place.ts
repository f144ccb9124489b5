import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cursor } from "../engine/source.ts";

const HEAD_BYTES = 1024;
const MOST_SIBLINGS = 1000;

/** Where in which file a line stands: kept beside the position, so that a restart can seek. */
export interface FilePlace {
  readonly inode: string;
  /** Hash of the file's first `headBytes` bytes. */
  readonly head: string;
  readonly headBytes: number;
  /** Offset of the file's first line: not 0 after a rotation. */
  readonly base: number;
  readonly line: number;
  readonly byte: number;
}

/** Inode and first bytes: what tells this file from another of the same name. */
export type FileIdentity = Pick<FilePlace, "inode" | "head" | "headBytes">;

export async function identify(file: FileHandle): Promise<FileIdentity> {
  const { ino } = await file.stat({ bigint: true });
  const bytes = await readHead(file, HEAD_BYTES);
  return { inode: String(ino), head: hash(bytes), headBytes: bytes.length };
}

/** Whether the file still begins with what the identity saw. */
export async function hasSameHead(file: FileHandle, identity: FileIdentity): Promise<boolean> {
  const bytes = await readHead(file, identity.headBytes);
  return bytes.length === identity.headBytes && hash(bytes) === identity.head;
}

export async function hasSameInode(file: FileHandle, identity: FileIdentity): Promise<boolean> {
  return String((await file.stat({ bigint: true })).ino) === identity.inode;
}

/** Hash of the complete first line: the same as the file grows, another for another file. Null while there is none. */
export async function firstLineHash(file: FileHandle): Promise<string | null> {
  const bytes = await readHead(file, HEAD_BYTES);
  const end = bytes.indexOf(0x0a);
  if (end < 0 && bytes.length < HEAD_BYTES) return null;
  return hash(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A renamed file is found again by its inode, beside its old name. The caller closes it. */
export async function findRotated(path: string, place: FilePlace): Promise<FileHandle | null> {
  const folder = dirname(path);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.slice(0, MOST_SIBLINGS)) {
    if (!entry.isFile()) continue;
    const file = await open(join(folder, entry.name), "r").catch(() => null);
    if (file === null) continue;
    if ((await hasSameInode(file, place)) && (await hasSameHead(file, place))) return file;
    await file.close();
  }
  return null;
}

export function toCursor(place: FilePlace): Cursor {
  return { ...place };
}

/** Null when the cursor is not one of a file. */
export function toPlace(cursor: Cursor | null): FilePlace | null {
  if (cursor === null) return null;
  const { inode, head, headBytes, base, line, byte } = cursor;
  if (typeof inode !== "string" || typeof head !== "string") return null;
  if (![headBytes, base, line, byte].every((each) => Number.isSafeInteger(each))) return null;
  return cursor as unknown as FilePlace;
}

async function readHead(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, 0);
  return bytes.subarray(0, bytesRead);
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
}
