import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** Tells a process from a later one with the same number: when it started. Null when it is gone. */
export function processIdentity(pid: number): string | null {
  if (!isAlive(pid)) return null;
  try {
    // Everything behind the command's name, which may hold spaces and brackets; the start is field 22 of the whole.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : `${boot}/${fields[19]}`;
  } catch {
    return ps(pid, "lstart=");
  }
}

/** True when the process is a PostgreSQL server that works in this folder. */
export function isPostgresIn(pid: number, folder: string): boolean {
  if (processIdentity(pid) === null) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return ps(pid, "command=")?.includes("postgres") ?? false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ps(pid: number, column: string): string | null {
  try {
    return execFileSync("ps", ["-o", column, "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}
