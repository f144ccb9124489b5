import { execFileSync } from "node:child_process";

/** Running database processes whose command line names a path. */
export function databasesOf(path: string): string[] {
  const all = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(path) && /postgres/.test(line));
}
