import { openTensors } from "../adapters/tensors/open.ts";
import type { Embedder, Environment, Settings, Stages } from "../engine/detector.ts";
import type { Log } from "../engine/log.ts";
import { createCounters, type Monitor } from "../engine/monitor.ts";
import type { Rekey } from "../engine/rekey.ts";
import type { ReferenceFacts } from "../engine/service-view.ts";
import type { MonitorFacts } from "../engine/view.ts";
import { createDecoder, createKeyDecoder } from "../ingest/decode/decoder.ts";
import { routesOf } from "./channels.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { Config, MonitorConfig } from "./config/schema.ts";
import { type OpenEmbedder, openEmbedder } from "./embedder.ts";
import { formatOf } from "./formats.ts";
import { readReference, referenceFacts, teacherFrom } from "./reference.ts";
import { detectorOf, monitorSettings, sharedPromise } from "./settings.ts";

/** A monitor, and the content of its reference file: part of what its states learnt. */
export interface OpenMonitor extends Monitor {
  readonly referenceHash: string | null;
  /** Decodes as far as the key. */
  readonly keyOf: Rekey["keyOf"];
  /** As two monitors of one name around an internal topic: who reads the source, and who reads there. Null: it has one stage. */
  readonly inStages: ((rekey: Rekey) => readonly [first: Monitor, second: Monitor]) | null;
  /** Learns what all keys share from the file, so that it is known at the start whether it can be learnt. */
  teach(): Promise<void>;
}

/** Opens one configured monitor. `where` names the config file in errors; relative paths start at `folder`. */
export async function openMonitor(
  name: string,
  monitor: MonitorConfig,
  config: Config,
  env: Environment,
  where: string,
  run: string,
  folder: string,
  /** Partitions of each monitor's source, once known. */
  lanes: ReadonlyMap<string, number> = new Map(),
): Promise<OpenMonitor> {
  const detector = detectorOf(monitor);
  const settings = monitorSettings(name, monitor, where);
  const shared = sharedPromise(monitor, () => lanes.get(name) ?? 1);
  const { recordBytes } = config.limits;
  const format = await formatOf(monitor, config);
  const picking = {
    event: detector.event,
    reads: detector.reads,
    fields: monitor.fields as Record<string, string>,
    limits: { recordBytes },
    ...(monitor.key === undefined ? {} : { key: monitor.key }),
  };
  const decode = createDecoder({ ...picking, format });
  // A file has lines of JSON, however the topic's records are written.
  const file = await readReference(monitor, detector, createDecoder(picking), folder, recordBytes);
  const model = await detector.open(settings, env);
  const teacher = file && teacherFrom(file, monitor.reference!.scope, { detector, model, settings, env });
  const whole: Monitor = {
    run,
    name,
    detector,
    model,
    decode,
    beforeDecode: format.prepare ?? null,
    teacher,
    routes: routesOf(config, name),
    reminders: monitor.reminders,
    order: monitor.order,
    from: monitor.source?.kafka?.from ?? "earliest",
    allowedLatenessMs: monitor.allowedLateness ?? null,
    dedupe: monitor.dedupe?.events,
    quietEvents: monitor.quietEvents,
    limits: { keys: monitor.memory.keys, bytes: monitor.memory.megabytes * 2 ** 20 },
    checkpoint: { events: monitor.checkpoint.events, ms: monitor.checkpoint.seconds * 1000 },
    counters: createCounters(),
    deadLetterTopic: monitor.source?.kafka?.deadLetters ?? null,
    ...(shared === null ? {} : { shared }),
  };
  const two = typeof monitor.repartition === "object" && monitor.repartition.stages === 2;
  return {
    ...whole,
    keyOf: createKeyDecoder(format, monitor.key),
    inStages: two ? (rekey) => inStages(whole, detector.stages!, settings, rekey, recordBytes) : null,
    teach: async () => teacher?.learn?.(),
    referenceHash: file?.hash ?? null,
  };
}

function inStages(
  whole: Monitor,
  stages: Stages,
  settings: Settings<unknown>,
  rekey: Rekey,
  recordBytes: number,
): readonly [Monitor, Monitor] {
  const { first, second } = stages.open(settings);
  const { dedupe: _, ...rest } = whole;
  return [
    { ...whole, model: first, order: "none", gather: { rekey, adopt: first.adopt } },
    {
      ...rest,
      model: second,
      decode: createDecoder({ event: stages.handed, limits: { recordBytes } }),
      beforeDecode: null,
      allowedLatenessMs: null,
      gathered: true,
      rekey,
    },
  ];
}

/** What detectors compute with; `log` hears which backend was chosen, and why no better one. */
export async function openEnvironment(
  loaded: LoadedConfig,
  log: Log,
): Promise<Environment & { readonly embedder: OpenEmbedder }> {
  const { tensors, fallbacks, idleDevice } = await openTensors(loaded.config.compute);
  const { backend, device, gpu } = tensors;
  const says = { backend, device, gpu, ...(fallbacks.length === 0 ? {} : { insteadOf: fallbacks.join("; ") }) };
  if (idleDevice) log.warn("compute: a graphics device is here and is not used", says);
  else log.info("compute", says);
  return { tensors, embedder: await openEmbedder(loaded, tensors, log) };
}

/** What people see of a monitor, with the detector's defaults filled in. */
export function factsOf(monitor: MonitorConfig): MonitorFacts {
  const detector = detectorOf(monitor);
  const reference = referenceOf(monitor);
  const unit = detector.reference?.unit;
  return {
    // In days each key has its own: shown with the key.
    promise:
      monitor.falseAlarms?.days === undefined && monitor.falseDiscoveries === undefined
        ? (monitor.falseAlarms?.events ?? detector.falseAlarms)
        : null,
    reference: reference && unit !== undefined ? { ...reference, unit } : reference,
    options: monitor.options as Record<string, unknown>,
    acceptsEvents: monitor.source?.http !== undefined,
  };
}

function referenceOf(monitor: MonitorConfig): ReferenceFacts | null {
  const { reference } = detectorOf(monitor);
  return referenceFacts(monitor.reference) ?? (reference ? { first: reference.first } : null);
}

/** Everything that changes what a state learnt: a state of another making is refused. */
export function learntWith(
  monitor: MonitorConfig,
  embedder: Embedder,
  referenceHash: string | null = null,
): Record<string, unknown> {
  const detector = detectorOf(monitor);
  const free = detector.freeOptions ?? [];
  const options = Object.entries(monitor.options as Record<string, unknown>).filter(([name]) => !free.includes(name));
  return {
    options: Object.fromEntries(options),
    // Where a file lies may change, not what it says.
    reference:
      referenceHash === null ? referenceOf(monitor) : { ...learntFrom(monitor), file: referenceHash.slice(0, 16) },
    embedder: Object.keys(detector.event.shape).includes("embedding") ? identityOf(embedder) : null,
    order: monitor.order,
    seed: monitor.seed,
    // Which key an event has was decided when it was written to the internal topic.
    ...(monitor.repartition === false ? {} : { repartition: { key: monitor.key ?? null, ...stagesOf(monitor) } }),
    // The rate of events is learnt with the reference, where it is asked for.
    ...(monitor.falseAlarms?.days === undefined ? {} : { falseAlarms: "days" }),
  };
}

/** A state of one stage is none of two. */
function stagesOf({ repartition }: MonitorConfig): { readonly stages?: 2 } {
  return typeof repartition === "object" && repartition.stages === 2 ? { stages: 2 } : {};
}

function learntFrom({ reference }: MonitorConfig): Record<string, unknown> {
  return { first: reference?.first, scope: reference?.scope };
}

/** Which model it is, not where it answers from or how it is asked. */
function identityOf(embedder: Embedder): Record<string, unknown> {
  if (embedder.kind !== "external") return { kind: embedder.kind };
  return { kind: embedder.kind, identity: embedder.identity, dim: embedder.dim };
}
