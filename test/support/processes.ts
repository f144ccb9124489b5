import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Running database processes whose command line names a path. */
export function databasesOf(path: string): string[] {
  const all = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(path) && /postgres/.test(line));
}

/** A child that ended but was not waited for is still listed, as a zombie. */
export function alive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
