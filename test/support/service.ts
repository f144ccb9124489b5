import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtProgram } from "./built.ts";
import { endsWithUs } from "./ends-with-us.ts";

export interface RunningService {
  readonly process: ChildProcess;
  /** Address of the API, once known. */
  readonly url: Promise<string>;
  /** Standard error so far. */
  log(): string;
  json<T>(path: string): Promise<T>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/**
 * Starts `tidegauge run` as a user would: the built program when `fromBuild`, else the source. `flags` are Node's. It ends with
 * this process.
 */
export function startTidegauge(
  config: string,
  folder: string,
  fromBuild = true,
  flags: readonly string[] = [],
): RunningService {
  const path = join(folder, "tidegauge.yaml");
  writeFileSync(path, config);
  const argv = fromBuild ? [builtProgram()] : ["--import", "tsx", program];
  const child = spawn(process.execPath, [...flags, ...argv, "run", "-c", path], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  endsWithUs(child);
  let text = "";
  let found: (url: string) => void = () => {};
  let failed: (error: unknown) => void = () => {};
  const url = new Promise<string>((resolve, reject) => {
    found = resolve;
    failed = reject;
  });
  url.catch(() => undefined);
  child.stderr!.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    const match = /"url":"([^"]+)"/.exec(text);
    if (match) found(match[1]!.replace(/\/$/, ""));
    if (text.length > 1 << 20) text = text.slice(-(1 << 19));
  });
  const gone = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  void gone.then((code) => failed(new RangeError(`the service ended with ${code}: ${text.slice(-2000)}`)));
  return {
    process: child,
    url,
    log: () => text,
    async json<T>(path: string): Promise<T> {
      const answer = await fetch(`${await url}${path}`);
      if (!answer.ok) throw new RangeError(`${path} answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    async kill(signal) {
      child.kill(signal);
      return gone;
    },
  };
}

/** All signals that the API has, oldest first. */
export async function allSignals(service: RunningService): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: { signals: Record<string, unknown>[]; next: string | null } = await service.json(
      `/api/v1/signals?limit=1000${after === "" ? "" : `&after=${encodeURIComponent(after)}`}`,
    );
    all.push(...page.signals);
    after = page.signals.length === 0 ? null : page.next;
  }
  return all;
}

/** Waits until every partition of the monitor is committed up to `offset` (sum over partitions). */
export async function untilCommitted(
  service: RunningService,
  monitor: string,
  offset: number,
  timeoutMs = 120_000,
): Promise<void> {
  for (const until = Date.now() + timeoutMs; ; ) {
    const { lanes } = await service.json<{ lanes: { nextOffset: string | null }[] }>(`/api/v1/monitors/${monitor}`);
    const sum = lanes.reduce((total, l) => total + Number(l.nextOffset ?? 0), 0);
    if (sum >= offset) return;
    if (Date.now() > until)
      throw new RangeError(`committed ${sum} of ${offset} within ${timeoutMs} ms:\n${service.log().slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
