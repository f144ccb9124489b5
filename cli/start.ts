import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { createHttpServer } from "../adapters/http/server.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { createStore } from "../adapters/store/index.ts";
import { createWebhookChannel } from "../adapters/webhook/webhook.ts";
import { systemClock } from "../engine/clock.ts";
import { type Channel, startDispatcher } from "../engine/dispatch.ts";
import { TidegaugeError } from "../engine/errors.ts";
import type { Log } from "../engine/log.ts";
import type { Monitor } from "../engine/monitor.ts";
import { createService } from "../engine/service.ts";
import type { Store } from "../engine/store.ts";
import { createServiceView } from "../engine/view.ts";
import { factsOf, learntWith, openEnvironment, openMonitor, pathFrom } from "./assemble.ts";
import { type LoadedConfig, readSecret } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { openFeeds } from "./feeds.ts";
import { VERSION } from "./version.ts";

export interface Started {
  /** Address of API and page. */
  readonly url: string;
  stop(): Promise<void>;
}

const PRUNE_EVERY_MS = 3_600_000;

/** Wires everything that a config names, and starts it. */
export async function startService(loaded: LoadedConfig, path: string, log: Log): Promise<Started> {
  const { config, folder } = loaded;
  const run = runName(config);
  const env = openEnvironment(config);
  const store = openStore(loaded, path);
  const monitors = new Map<string, Monitor>();
  for (const [name, monitor] of Object.entries(config.monitors))
    monitors.set(name, await openMonitor(name, monitor, config, env, path, run));
  const { feeds, poke } = openFeeds(config, monitors, store, folder, log);
  await store.open();
  try {
    await register(store, run, config, monitors);
    const facts = new Map(Object.entries(config.monitors).map(([name, m]) => [name, factsOf(m)]));
    let storeProblem: string | null = null;
    let draining = false;
    const metrics = createMetrics();
    const service = createService(feeds, { run, store, meter: metrics.meter, clock: systemClock, log });
    const view = createServiceView(service, {
      clock: systemClock,
      version: VERSION,
      build: { revision: process.env.TIDEGAUGE_REVISION ?? "", node: process.versions.node },
      backend: { backend: env.tensors.backend, device: env.tensors.device, gpu: false },
      channels: Object.keys(config.alerts),
      facts,
      storeProblem: () => storeProblem,
      draining: () => draining,
      poke(monitor) {
        poke(monitor);
        service.poke();
      },
    });
    const dispatcher = startDispatcher({
      outbox: store,
      channels: openChannels(config),
      meter: metrics.meter,
      clock: systemClock,
      log,
    });
    view.onCommit(() => dispatcher.wake());
    const { host, port: wanted, token, readToken, allowedHosts } = config.http;
    const http = createHttpServer({
      view,
      store,
      metrics,
      pageDir: pageFolder(),
      host,
      port: wanted,
      allowedHosts,
      ...(token === undefined ? {} : { token: readSecret(token, process.env, "http.token") }),
      ...(readToken === undefined ? {} : { readToken: readSecret(readToken, process.env, "http.readToken") }),
      log,
    });
    const { port } = await http.listen();
    await service.start();
    const second = setInterval(() => {
      view.tick();
      void store.ping().then((problem) => {
        storeProblem = problem;
      });
    }, 1000);
    const prune = (): void => void store.prune(config.retention).catch((error: unknown) => log.warn(String(error)));
    const hourly = setInterval(prune, PRUNE_EVERY_MS);
    service.ended().then(
      () => log.info("every stream has reached its end; the service goes on to answer"),
      () => undefined,
    );
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
    log.info("running", { url, monitors: monitors.size, backend: env.tensors.backend, store: config.store.kind });
    return {
      url,
      async stop() {
        draining = true;
        clearInterval(second);
        clearInterval(hourly);
        await service.stop();
        await dispatcher.stop();
        await http.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
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

function openChannels(config: Config): Channel[] {
  return Object.entries(config.alerts).map(([name, { webhook }]) => {
    const secrets = [webhook.secret, webhook.previousSecret].flatMap((s) =>
      s === undefined ? [] : [readSecret(s, process.env, `alerts.${name}`)],
    );
    // Whoever writes a private address into the config means it; a name that leads to one may be a trick.
    const allowPrivate = webhook.allowPrivate ?? isAddress(new URL(webhook.url).hostname);
    return createWebhookChannel({ name, url: webhook.url, secrets, allowPrivate, version: VERSION });
  });
}

function isAddress(host: string): boolean {
  return host === "localhost" || isIP(host.replace(/^\[|\]$/g, "")) !== 0;
}

/** A state that was learnt with other settings is refused before anything is read. */
async function register(
  store: Store,
  run: string,
  config: Config,
  monitors: ReadonlyMap<string, Monitor>,
): Promise<void> {
  for (const [name, monitor] of monitors) {
    const record = {
      monitor: name,
      detector: monitor.detector.name,
      learntWith: learntWith(config.monitors[name]!, config),
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
