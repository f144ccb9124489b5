import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createHttpServer } from "../adapters/http/server.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { createStore } from "../adapters/store/index.ts";
import { systemClock } from "../engine/clock.ts";
import type { Embedder } from "../engine/detector.ts";
import { type Dispatcher, startDispatcher } from "../engine/dispatch.ts";
import { TidegaugeError } from "../engine/errors.ts";
import { forgottenEnding } from "../engine/forget.ts";
import type { Log } from "../engine/log.ts";
import { startRepeating } from "../engine/repeat.ts";
import { createService, type Feed } from "../engine/service.ts";
import type { Store } from "../engine/store.ts";
import { startTellingDeadLetters } from "../engine/tell-dead-letters.ts";
import { createServiceView } from "../engine/view.ts";
import { factsOf, learntWith, type OpenMonitor, openEnvironment, openMonitor } from "./assemble.ts";
import { openChannels, policyOf } from "./channels.ts";
import { type LoadedConfig, readSecret } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { kafkaConnection, openFeeds } from "./feeds.ts";
import { createRecordSender } from "./kafka-sender.ts";
import { packageFolder } from "./package-folder.ts";
import { pathFrom } from "./paths.ts";
import { VERSION } from "./version.ts";

export interface Started {
  /** Address of API and page. */
  readonly url: string;
  stop(): Promise<void>;
}

/** What is pruned is at most this much, or a quarter of its retention, older than it may be. */
const PRUNE_EVERY_MS = 3_600_000;
const FIRST_PRUNE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A database that is starting beside us is waited for. */
const STORE_PATIENCE_MS = 60_000;
const TIDY_EVERY_MS = 10_000;
/** Without an answer for so long, the store does not answer. */
const PING_PATIENCE_MS = 3000;

/** Wires everything that a config names, and starts it. */
export async function startService(loaded: LoadedConfig, path: string, log: Log): Promise<Started> {
  const { config, folder } = loaded;
  const run = runName(config);
  const env = await openEnvironment(loaded, log);
  const store = openStore(loaded, path);
  const monitors = new Map<string, OpenMonitor>();
  const lanes = new Map<string, number>();
  for (const [name, monitor] of Object.entries(config.monitors))
    monitors.set(name, await openMonitor(name, monitor, config, env, path, run, folder, lanes));
  const { feeds, poke } = openFeeds(config, monitors, store, folder, log);
  await openPatiently(store, log);
  try {
    await register(store, run, config, env.embedder, monitors);
    for (const monitor of monitors.values()) await monitor.teach();
    const facts = new Map(Object.entries(config.monitors).map(([name, m]) => [name, factsOf(m)]));
    let storeProblem: string | null = null;
    let draining = false;
    let dispatcher: Dispatcher | null = null;
    const metrics = createMetrics();
    const service = createService(feeds, { run, store, meter: metrics.meter, clock: systemClock, log });
    const view = createServiceView(service, {
      clock: systemClock,
      version: VERSION,
      build: { revision: process.env.TIDEGAUGE_REVISION ?? "", node: process.versions.node },
      backend: { backend: env.tensors.backend, device: env.tensors.device, gpu: env.tensors.gpu },
      channels: Object.keys(config.alerts),
      brokenChannels: () => dispatcher?.broken() ?? [],
      facts,
      storeProblem: () => storeProblem,
      draining: () => draining,
      poke(monitor) {
        poke(monitor);
        service.poke();
      },
    });
    const { host, port: wanted, token, readToken, allowedHosts } = config.http;
    const http = createHttpServer({
      view,
      store,
      metrics,
      pageDir: pageFolder(),
      runbooksDir: packageFolder("docs/runbooks") ?? "",
      host,
      port: wanted,
      allowedHosts,
      ...(token === undefined ? {} : { token: readSecret(token, process.env, "http.token") }),
      ...(readToken === undefined ? {} : { readToken: readSecret(readToken, process.env, "http.readToken") }),
      log,
    });
    const sender = config.kafka ? createRecordSender(kafkaConnection(config, folder), log) : null;
    const channels = openChannels(config, () => sender!, config.http.url ?? null);
    const channelPolicies = new Map(Object.entries(config.alerts).map(([name, alert]) => [name, policyOf(alert)]));
    const { port } = await http.listen();
    const outward = { channels, channelPolicies, clock: systemClock, log };
    dispatcher = startDispatcher({ ...outward, outbox: store, meter: metrics.meter });
    const stopTelling =
      sender && [...monitors.values()].some((m) => m.deadLetterTopic)
        ? startTellingDeadLetters(store, sender, systemClock, log)
        : null;
    const routesOf = (name: string) => monitors.get(name)?.routes ?? [];
    const repeating = startRepeating({ ...outward, records: store, routesOf });
    view.onCommit(() => dispatcher?.wake());
    await countLanes(feeds, lanes);
    await service.start();
    let asked = Number.POSITIVE_INFINITY;
    const second = setInterval(() => {
      view.tick();
      // One question at a time: those that hang would take every connection.
      if (asked !== Number.POSITIVE_INFINITY) {
        const since = Date.now() - asked;
        if (since > PING_PATIENCE_MS) storeProblem = `no answer for ${Math.round(since / 1000)} s`;
        return;
      }
      asked = Date.now();
      void store.ping().then((problem) => {
        storeProblem = problem;
        asked = Number.POSITIVE_INFINITY;
      });
    }, 1000);
    const pruneEveryMs = pruneEvery(config.retention);
    const prune = async (): Promise<void> => {
      try {
        await service.rest(Date.now() - config.retention.idleKeyDays * DAY_MS + pruneEveryMs);
        await store.prune(config.retention, forgottenEnding(routesOf));
      } catch (error) {
        log.warn(error instanceof Error ? error.message : String(error));
      }
    };
    const firstPrune = setTimeout(() => void prune(), Math.min(FIRST_PRUNE_MS, pruneEveryMs));
    const pruning = setInterval(() => void prune(), pruneEveryMs);
    const tidying = setInterval(() => {
      // Where it fails the store has trouble that others tell of.
      if (storeProblem === null) void store.tidy().catch(() => undefined);
    }, TIDY_EVERY_MS);
    service.ended().then(
      () => {
        if (!draining) log.info("every stream has reached its end; the service goes on to answer");
      },
      () => undefined,
    );
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
    log.info("running", { url, monitors: monitors.size, backend: env.tensors.backend, store: config.store.kind });
    if (token === undefined && readToken === undefined && !isLoopback(host))
      log.warn("everybody who reaches this address may do everything: set http.token, or listen on 127.0.0.1", { url });
    return {
      url,
      async stop() {
        draining = true;
        clearInterval(second);
        clearTimeout(firstPrune);
        clearInterval(pruning);
        clearInterval(tidying);
        await service.stop();
        await Promise.all([dispatcher?.stop(), repeating.stop(), stopTelling?.()]);
        await sender?.close();
        await http.close();
        await store.close();
        await env.embedder.close?.();
      },
    };
  } catch (error) {
    await store.close();
    await env.embedder.close?.();
    throw error;
  }
}

/** A promise in days over all keys is split over the partitions; a source that cannot be counted says why when it runs. */
async function countLanes(feeds: readonly Feed[], lanes: Map<string, number>): Promise<void> {
  for (const { source, monitors } of feeds) {
    if (!monitors.some((m) => m.shared?.kind === "days")) continue;
    const count = await source.partitionCount().catch(() => 1);
    for (const monitor of monitors) {
      lanes.set(monitor.name, count);
      // Known before any of its lanes begins.
      void monitor.rekey?.partitions().then(
        (own) => lanes.set(monitor.name, own),
        () => undefined,
      );
    }
  }
}

async function openPatiently(store: Store, log: Log): Promise<void> {
  const until = Date.now() + STORE_PATIENCE_MS;
  for (let wait = 500; ; wait = Math.min(2 * wait, 5000)) {
    try {
      return await store.open();
    } catch (error) {
      if (!(error instanceof TidegaugeError) || !error.retryable || Date.now() + wait > until) {
        await store.close();
        throw error;
      }
      log.warn(error.message, { code: error.code, retryInMs: wait });
      await sleep(wait);
    }
  }
}

/** The live service's run: states, positions and signal ids belong to it. */
export function runName(config: Config): string {
  return config.kafka?.group ?? "tidegauge";
}

export function openStore({ config, folder }: LoadedConfig, path: string): Store {
  const { store } = config;
  if (store.kind === "embedded") return createStore({ kind: "embedded", path: pathFrom(folder, store.path) });
  if (store.kind === "postgres")
    return createStore({ kind: "postgres", url: readSecret(store.url, process.env, `${path} store.url`) });
  return createStore({ kind: "memory" });
}

function pruneEvery(retention: Config["retention"]): number {
  const { signalDays, textDays, deadLetterDays, idleKeyDays } = retention;
  const shortest = Math.min(signalDays, textDays ?? signalDays, deadLetterDays, idleKeyDays) * DAY_MS;
  return Math.min(PRUNE_EVERY_MS, Math.max(1000, shortest / 4));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** A state that was learnt with other settings is refused before anything is read. */
async function register(
  store: Store,
  run: string,
  config: Config,
  embedder: Embedder,
  monitors: ReadonlyMap<string, OpenMonitor>,
): Promise<void> {
  for (const [name, monitor] of monitors) {
    const record = {
      monitor: name,
      detector: monitor.detector.name,
      learntWith: learntWith(config.monitors[name]!, embedder, monitor.referenceHash),
    };
    const { stored } = await store.registerMonitor(run, record);
    if (!stored) continue;
    const now: Record<string, unknown> = { detector: record.detector, ...record.learntWith };
    const then: Record<string, unknown> = { detector: stored.detector, ...stored.learntWith };
    for (const key of new Set([...Object.keys(now), ...Object.keys(then)])) {
      if (canonical(now[key]) === canonical(then[key])) continue;
      throw new TidegaugeError("STATE_MISMATCH", {
        monitor: name,
        what: `${key} was ${canonical(then[key])}, now ${canonical(now[key])}`,
      });
    }
  }
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) =>
      v !== null && typeof v === "object" && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : v,
    ) ?? "nothing"
  );
}

/** The built page lies beside the built program; from source it is in dist. */
function pageFolder(): string {
  for (const place of ["../page", "../dist/page"]) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(folder)) return folder;
  }
  return fileURLToPath(new URL("../dist/page", import.meta.url));
}
