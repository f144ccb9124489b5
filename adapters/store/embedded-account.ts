import { readFileSync, statSync } from "node:fs";
import { TidegaugeError } from "../../engine/errors.ts";

/** PostgreSQL refuses to run as root. Empty: as whoever we are. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * As root: whoever owns the data already, else the system's `postgres` account, else `nobody`. No account is created.
 */
export function chooseAccount(path: string, data: string): Account {
  if (process.getuid?.() !== 0) return {};
  try {
    const owner = statSync(data);
    if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  } catch {
    // Not there yet.
  }
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(":");
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  const why =
    "PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account; run as another user";
  throw new TidegaugeError("STORE_START", { path, why });
}
