import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom, uniform } from "../../detectors/statistics/random.ts";
import { allSignals, type RunningService, startTidegauge, untilCommitted } from "../support/service.ts";

export interface KillPlan {
  readonly folder: string;
  /** YAML of `store:`, given the folder of one run. */
  store(folder: string): string;
  /** YAML lines of `kafka:` and the monitor's `source:`. */
  readonly source: { readonly top: string; readonly monitor: string };
  /** YAML lines of the monitor's detector and options; numeric unless told. */
  readonly detector?: string;
  readonly records: number;
  readonly kills: number;
  readonly seed: number;
  /** Called after each kill -9. */
  afterKill?(folder: string): Promise<void>;
}

export interface KillResult {
  readonly undisturbed: unknown;
  readonly killed: unknown;
  readonly signals: number;
  /** Different positions seen up to 60 ms before kills. */
  readonly progressed: number;
}

/** The same stream once undisturbed, once killed again and again at random moments; what each left behind. */
export async function killRounds(plan: KillPlan): Promise<KillResult> {
  const quiet = join(plan.folder, "quiet");
  const loud = join(plan.folder, "loud");
  for (const f of [quiet, loud]) mkdirSync(f, { recursive: true });
  const random = createRandom("kill", plan.seed);
  const undisturbed = await throughToTheEnd(plan, quiet);
  const seen = new Set<string>();
  for (let round = 0; round < plan.kills; round++) {
    const service = startTidegauge(configOf(plan, loud), loud);
    // From before the store is up to deep inside the stream.
    const started = round % 5 === 0 ? Promise.resolve() : service.url.catch(() => undefined);
    await started;
    if (round % 5 !== 0) await untilReading(service);
    await wait(uniform(random) * 600);
    // Every fifth kill comes before or while the service starts; the others just after it said where it stands.
    const state = round % 5 === 0 ? null : await progress(service);
    if (state !== null) seen.add(state);
    await wait(uniform(random) * 60);
    await service.kill("SIGKILL");
    await plan.afterKill?.(loud);
  }
  const killed = await throughToTheEnd(plan, loud);
  return { undisturbed, killed, signals: (killed.signals as unknown[]).length, progressed: seen.size };
}

/** Until it owns its partition: after a kill a Kafka group first waits for the dead member. */
async function untilReading(service: RunningService): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await wait(20)) {
    const state = await progress(service);
    if (state !== null && state !== "") return;
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function progress(service: RunningService): Promise<string | null> {
  const soon = new Promise<null>((resolve) => setTimeout(() => resolve(null), 1000));
  const asked = service.json<{ lanes: { nextOffset: string | null }[] }>("/api/v1/monitors/m").then(
    ({ lanes }) => lanes.map((l) => l.nextOffset).join(),
    () => null,
  );
  return Promise.race([asked, soon]);
}

async function throughToTheEnd(plan: KillPlan, folder: string) {
  const service = startTidegauge(configOf(plan, folder), folder);
  await untilCommitted(service, "m", plan.records);
  const signals = (await allSignals(service)).sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  const { keys } = await service.json<{ keys: { key: string; events: number; ratio: number; status: string }[] }>(
    "/api/v1/monitors/m/keys?limit=1000",
  );
  const { counts } = await service.json<{ counts: Record<string, number> }>("/api/v1/dead-letters?limit=1");
  const states = await Promise.all(
    keys.map(({ key }) => service.json<Record<string, unknown>>(`/api/v1/monitors/m/keys/${key}`)),
  );
  await service.kill("SIGTERM");
  return {
    signals,
    counts,
    states: states
      .map(({ key, inspection }) => ({ key, inspection }))
      .sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1)),
    keys: keys
      .map(({ key, events, ratio, status }) => ({ key, events, ratio, status }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

function configOf(plan: KillPlan, folder: string): string {
  return `store: ${plan.store(folder)}
http: { port: 0 }
${plan.source.top}
monitors:
  m:
    ${plan.detector ?? NUMERIC}
    source: ${plan.source.monitor}
    checkpoint: { seconds: 0.05, events: 20000 }
`;
}

const NUMERIC = `detector: numeric
    options: { algorithm: page-hinkley, threshold: 20 }`;

/** Deterministic events of twenty keys whose level moves, with some garbage. */
export function killEvents(records: number): string[] {
  const random = createRandom("events");
  const lines: string[] = [];
  for (let i = 0; i < records; i++) {
    const u = uniform(random);
    if (u < 0.002) lines.push("{broken");
    else if (u < 0.004) lines.push('{"key":"k1","value":"text"}');
    else
      lines.push(
        `{"key":"k${i % 20}","value":${(uniform(random) + uniform(random) + (Math.floor(i / 4000) % 2)).toFixed(4)}}`,
      );
  }
  return lines;
}

export function writeEvents(folder: string, records: number): string {
  const path = join(folder, "events.ndjson");
  writeFileSync(path, `${killEvents(records).join("\n")}\n`);
  return path;
}
