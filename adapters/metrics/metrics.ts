import { collectDefaultMetrics, type Gauge } from "prom-client";
import type { Detector } from "../../engine/detector.ts";
import { DELIVERY_KINDS, type Meter } from "../../engine/meter.ts";
import type { ServiceView } from "../../engine/service-view.ts";
import type { Store } from "../../engine/store.ts";
import { detectorMetrics, PREFIX } from "./catalog.ts";
import { PER_KEY, readKeys, readLatched, readMonitors, readService } from "./collect.ts";
import { exemplarsOf } from "./exemplars.ts";
import { createGauge, createInstruments, type Instruments } from "./instruments.ts";
import { createKeyBudget } from "./key-budget.ts";
import { OPENMETRICS_TYPE, toOpenMetrics, wantsOpenMetrics } from "./openmetrics.ts";

export interface MetricsOptions {
  /** Keys with series of their own, over all monitors; the others fold into one for each monitor. */
  readonly keyBudget?: number;
  /** A key without events for so long (wall clock) leaves. */
  readonly idleMs?: number;
  /** The process's own metrics (CPU, memory, event loop). */
  readonly processMetrics?: boolean;
  readonly now?: () => number;
}

export interface Metrics {
  /** For the engine and the dispatcher. */
  readonly meter: Meter;
  /** Counters and gauges are read from the running engine at each scrape; nothing is counted twice. */
  scrape(source: MetricsSource, accept?: string): Promise<Scrape>;
}

export interface MetricsSource {
  readonly view: ServiceView;
  readonly store: Pick<Store, "outboxState" | "episodes">;
}

export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

export const KEY_BUDGET = 1_000;
export const IDLE_MS = 3_600_000;
const STORE_PATIENCE_MS = 1_000;
const OPEN_EPISODES = 1_000;

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { keyBudget = KEY_BUDGET, idleMs = IDLE_MS, processMetrics = true, now = Date.now } = options;
  const instruments = createInstruments();
  const { registry, meter } = instruments;
  const choose = createKeyBudget(keyBudget, idleMs);
  const ownGauges = new Map<string, Gauge>();
  if (processMetrics) addProcessMetrics(instruments);
  return {
    meter,
    async scrape({ view, store }, accept) {
      const [waiting, open] = await Promise.all([
        within(store.outboxState(), STORE_PATIENCE_MS),
        within(store.episodes({ state: "open", limit: OPEN_EPISODES }), STORE_PATIENCE_MS),
      ]);
      // From here to the rendering nothing pauses: scrapes at the same time do not disturb each other.
      const monitors = view.monitors();
      addDetectorGauges(
        instruments,
        ownGauges,
        monitors.map((m) => m.detector),
      );
      startAtZero(instruments, view, ownGauges);
      readService(instruments, view, waiting);
      readMonitors(instruments, monitors);
      const selections = choose(monitors, now());
      readKeys(instruments, ownGauges, monitors, selections);
      const shown = selections.reduce((sum, { shown }) => sum + shown.length, 0);
      readLatched(instruments, monitors, open?.items ?? [], keyBudget - shown);
      const text = await registry.metrics();
      if (wantsOpenMetrics(accept))
        return { contentType: OPENMETRICS_TYPE, body: toOpenMetrics(text, exemplarsOf(instruments, monitors)) };
      return { contentType: registry.contentType, body: text };
    },
  };
}

function addDetectorGauges({ registry }: Instruments, own: Map<string, Gauge>, detectors: readonly Detector[]): void {
  for (const spec of detectorMetrics(detectors)) {
    if (!own.has(spec.name)) own.set(spec.name, createGauge(spec, registry));
  }
}

/** Every label set that is known beforehand exists from the start, so that rates see the first increase. */
function startAtZero({ counter, zero }: Instruments, view: ServiceView, own: ReadonlyMap<string, Gauge>): void {
  for (const target of view.channels) {
    for (const outcome of DELIVERY_KINDS) counter("webhook_deliveries_total").inc({ target, outcome }, 0);
    zero("webhook_duration_seconds", { target });
  }
  for (const metric of [...PER_KEY, ...own.keys()]) {
    counter("label_overflow_total").inc({ metric: PREFIX + metric }, 0);
  }
  for (const { name: monitor, detector } of view.monitors()) {
    zero("event_to_decision_seconds", { monitor });
    zero("event_to_commit_seconds", { monitor });
    zero("batch_size_events", { monitor });
    zero("detector_update_seconds", { monitor, detector: detector.name });
  }
}

function addProcessMetrics({ registry }: Instruments): void {
  collectDefaultMetrics({ register: registry });
  // Gauges whose names end like counters: not valid OpenMetrics.
  for (const what of ["handles", "requests", "resources"]) registry.removeSingleMetric(`nodejs_active_${what}_total`);
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
