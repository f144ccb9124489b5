import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10; // Linux reports in hundredths of a second.

export interface CpuSplit {
  /** The process itself, ms. */
  readonly own: number;
  /** All its living descendants and those that it has waited for, ms. */
  readonly others: number;
}

/** CPU time of a process and of its descendants (a database server that it started, say). Linux only. */
export function cpuOf(pid: number): CpuSplit {
  const children = new Map<number, number[]>();
  const time = new Map<number, { self: number; waited: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    if (!stat) continue;
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)]);
    time.set(Number(name), stat);
  }
  const below = (p: number): number =>
    (children.get(p) ?? []).reduce(
      (sum, c) => sum + (time.get(c)?.self ?? 0) + (time.get(c)?.waited ?? 0) + below(c),
      0,
    );
  const root = time.get(pid) ?? { self: 0, waited: 0 };
  return { own: root.self, others: root.waited + below(pid) };
}

/** CPU of every process whose command line names `mark` (a data directory): servers that are nobody's child. */
export function cpuOfNamed(mark: string, except: number): number {
  let sum = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === except) continue;
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, "utf8").includes(mark)) continue;
    } catch {
      continue;
    }
    const split = cpuOf(Number(name));
    sum += split.own + split.others;
  }
  return sum;
}

export function residentMiB(pid: number): number {
  const match = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return match ? Number(match[1]) / 1024 : Number.NaN;
}

function readStat(pid: string): { parent: number; self: number; waited: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const at = (i: number): number => Number(fields[i - 3]);
    return { parent: at(4), self: (at(14) + at(15)) * TICK_MS, waited: (at(16) + at(17)) * TICK_MS };
  } catch {
    return null;
  }
}
