import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import { processIdentity } from "./process-identity.ts";

interface Owner {
  readonly pid: number;
  readonly identity: string | null;
}

/** A process that was killed is still there for a moment. */
const GRACE_MS = 500;

/** Makes this process the only owner of the folder; returns how to give it up. The lock of a dead owner is no lock. */
export async function takeLock(path: string): Promise<() => void> {
  const file = join(path, "owner.lock");
  const mine = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) } satisfies Owner);
  makeFolder(path);
  const deadline = Date.now() + GRACE_MS;
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: "wx" });
      return () => {
        if (read(file) === mine) rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const found = read(file);
    if (found === null) continue;
    const owner = livingOwner(found);
    if (owner === null) removeStale(file, found);
    else if (Date.now() > deadline) throw new TidegaugeError("STORE_OWNED", { path, pid: owner });
    else await sleep(20);
  }
}

/** One level at a time: where none can be made (below /proc, say), mkdir's own recursion never returns in some versions of Node. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function livingOwner(text: string): number | null {
  let owner: Owner;
  try {
    owner = JSON.parse(text) as Owner;
  } catch {
    // Cut off while it was written: its writer is dead, or about to find it gone.
    return null;
  }
  return processIdentity(owner.pid) === owner.identity && owner.identity !== null ? owner.pid : null;
}

/** Moved aside first: should another start have replaced it in between, that one's lock is put back. */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
