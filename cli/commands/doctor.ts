import { setTimeout } from "node:timers/promises";
import { openTensors } from "../../adapters/tensors/open.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { silentLog } from "../../engine/log.ts";
import { createKafkaSource } from "../../ingest/kafka.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { openEmbedder } from "../embedder.ts";
import { internalTopicOf, kafkaConnection } from "../feeds.ts";
import { openStore } from "../start.ts";
import { VERSION } from "../version.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

const PATIENCE_MS = 10_000;

type Finding = { readonly name: string; readonly ok: boolean; readonly says: string };

export const doctor: CliCommand = {
  name: "doctor",
  summary: "Say which of store, Kafka, compute backend and embedder work, and which backend is in use.",
  usage: "tidegauge doctor -c FILE",
  options: "  -c, --config FILE   the config (YAML)\n",
  example: "tidegauge doctor -c tidegauge.yaml",
  async run(argv) {
    const path = need(
      "doctor",
      readOptions("doctor", argv, { config: { type: "string", short: "c" } }).config,
      "-c FILE",
    );
    const loaded = loadConfig(path, DETECTORS, process.env);
    const findings: Finding[] = [
      {
        name: "tidegauge",
        ok: true,
        says: `${VERSION}, Node ${process.versions.node}, ${process.platform}-${process.arch}`,
      },
      await tried("compute", async () => {
        const { tensors, fallbacks } = await openTensors(loaded.config.compute);
        const why = fallbacks.length === 0 ? "" : ` (${fallbacks.join("; ")})`;
        return `${tensors.backend} on ${tensors.device}, ${tensors.gpu ? "a GPU" : "no GPU"}${why}`;
      }),
      await tried("embedder", () => embedder(loaded)),
      await tried("store", async () => {
        const store = openStore(loaded, path);
        await store.open();
        try {
          const problem = await store.ping();
          if (problem !== null) throw new TidegaugeError("STORE_UNAVAILABLE", { why: problem });
          return `${loaded.config.store.kind} answers`;
        } finally {
          await store.close();
        }
      }),
      loaded.config.kafka
        ? await tried("kafka", () => kafka(loaded.config, loaded.folder))
        : { name: "kafka", ok: true, says: "not configured" },
    ];
    for (const f of findings) process.stdout.write(`${f.ok ? "ok  " : "FAIL"} ${f.name.padEnd(10)} ${f.says}\n`);
    return findings.every((f) => f.ok) ? 0 : 1;
  },
};

async function embedder(loaded: LoadedConfig): Promise<string> {
  const { kind } = loaded.config.embedder;
  if (kind === "hash" || kind === "none") return kind;
  const { tensors } = await openTensors({ ...loaded.config.compute, requireGpu: false });
  const fallbacks: string[] = [];
  const opened = await openEmbedder(loaded, tensors, { ...silentLog, warn: (what) => fallbacks.push(what) });
  if (opened.kind !== "external") return `${kind}, but no monitor has use for it`;
  const started = performance.now();
  await opened.embed(["Is anybody there?"]);
  const ms = Math.round(performance.now() - started);
  await opened.close?.();
  const where = opened.device === undefined ? "" : ` on ${opened.device}`;
  const why = fallbacks.length === 0 ? "" : ` (${fallbacks.join(" ")})`;
  return `${opened.identity}${where}, ${opened.dim} dimensions, a text in ${ms} ms${why}`;
}

async function tried(name: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, says: await work() };
  } catch (error) {
    if (!(error instanceof TidegaugeError)) throw error;
    if (error.code === "STORE_OWNED")
      return { name, ok: true, says: `in use by process ${error.details.pid}, a running service` };
    return { name, ok: false, says: error.message };
  }
}

async function kafka(config: Config, folder: string): Promise<string> {
  const { brokers } = config.kafka!;
  const topics = Object.values(config.monitors).flatMap((m) => m.source?.kafka?.topic ?? []);
  const source = createKafkaSource({
    ...kafkaConnection(config, folder),
    client: config.kafka!.client,
    group: config.kafka!.group,
    topics: [...new Set(topics)],
  });
  const late = new TidegaugeError("SOURCE_UNAVAILABLE", {
    source: brokers.join(", "),
    why: `no answer within ${PATIENCE_MS / 1000} s`,
  });
  const limit = setTimeout(PATIENCE_MS, undefined, { ref: false }).then(() => Promise.reject(late));
  const found = new Map(await Promise.race([source.partitionsByTopic(), limit]));
  const later: string[] = [];
  for (const [name, monitor] of Object.entries(config.monitors)) {
    const internal = internalTopicOf(name, monitor, config);
    if (internal === null) continue;
    const partitions = await Promise.race([source.partitionsOf(internal.topic), limit]);
    if (partitions === null) later.push(internal.topic);
    else found.set(internal.topic, partitions);
  }
  await source.stop();
  const created = later.length === 0 ? "" : `; created at the start: ${later.join(", ")}`;
  return `${brokers.join(", ")} answers: ${[...found].map(([topic, n]) => `${topic} (${n} partitions)`).join(", ") || "no topic is asked for"}${created}`;
}
