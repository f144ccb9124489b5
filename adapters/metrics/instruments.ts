import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { COMMIT_OUTCOMES, type EventExemplar, type Meter } from "../../engine/meter.ts";
import { METRICS, type MetricName, type MetricSpec, PREFIX } from "./catalog.ts";

/** The registry, and what is observed while the engine runs. */
export interface Instruments {
  readonly registry: Registry;
  readonly meter: Meter;
  gauge(name: MetricName): Gauge;
  counter(name: MetricName): Counter;
  /** Newest event whose way to its decision was measured, of each monitor. */
  readonly measured: ReadonlyMap<string, { readonly seconds: number; readonly exemplar: EventExemplar }>;
  /** The histogram has these labels from now on, with what was observed so far. */
  zero(name: MetricName, labels: Labels): void;
}

type Labels = Readonly<Record<string, string>>;
type Observe = (labels: Labels, id: string) => Histogram.Internal<string>;

export function createInstruments(): Instruments {
  const registry = new Registry();
  const gauges = new Map<string, Gauge>();
  const counters = new Map<string, Counter>();
  const observers = new Map<string, Observe>();
  const measured = new Map<string, { seconds: number; exemplar: EventExemplar }>();
  for (const spec of METRICS as readonly MetricSpec[]) {
    if (spec.type === "gauge") gauges.set(spec.name, createGauge(spec, registry));
    else if (spec.type === "counter") counters.set(spec.name, new Counter(settings(spec, registry)));
    else observers.set(spec.name, createObserver(spec, registry));
  }
  const counter = (name: MetricName) => counters.get(name)!;
  for (const outcome of COMMIT_OUTCOMES) counter("snapshots_total").inc({ outcome }, 0);
  return {
    registry,
    meter: createMeter((name) => observers.get(name)!, counter, measured),
    measured,
    gauge: (name) => gauges.get(name)!,
    counter,
    zero: (name, labels) => void observers.get(name)!(labels, Object.values(labels)[0] ?? ""),
  };
}

export function createGauge(spec: MetricSpec, registry: Registry): Gauge {
  return new Gauge(settings(spec, registry));
}

function settings(spec: MetricSpec, registry: Registry) {
  return { name: PREFIX + spec.name, help: spec.help, labelNames: [...spec.labels], registers: [registry] };
}

/** One child for each value of the first label, made once: the calls are in hot loops. */
function createObserver(spec: MetricSpec, registry: Registry): Observe {
  const histogram = new Histogram({ ...settings(spec, registry), buckets: [...(spec.buckets ?? [])] });
  const children = new Map<string, Histogram.Internal<string>>();
  return (labels, id) => {
    let child = children.get(id);
    if (child === undefined) {
      histogram.zero(labels);
      child = histogram.labels(labels);
      children.set(id, child);
    }
    return child;
  };
}

function createMeter(
  observer: (name: MetricName) => Observe,
  counter: (name: MetricName) => Counter,
  measured: Map<string, { seconds: number; exemplar: EventExemplar }>,
): Meter {
  const decision = observer("event_to_decision_seconds");
  const committed = observer("event_to_commit_seconds");
  const size = observer("batch_size_events");
  const webhook = observer("webhook_duration_seconds");
  const update = observer("detector_update_seconds");
  const commit = observer("store_commit_seconds")({}, "");
  const snapshots = counter("snapshots_total");
  const deliveries = counter("webhook_deliveries_total");
  return {
    // Clocks differ: an event from the future was decided at once.
    eventToDecision(monitor, seconds, exemplar) {
      decision({ monitor }, monitor).observe(Math.max(0, seconds));
      if (exemplar !== undefined) measured.set(monitor, { seconds: Math.max(0, seconds), exemplar });
    },
    eventToCommit: (monitor, seconds) => committed({ monitor }, monitor).observe(Math.max(0, seconds)),
    update: (monitor, detector, seconds) => update({ monitor, detector }, monitor).observe(seconds),
    batchSize: (monitor, events) => size({ monitor }, monitor).observe(events),
    commit(seconds, outcome) {
      commit.observe(seconds);
      snapshots.inc({ outcome });
    },
    delivery(target, seconds, outcome) {
      webhook({ target }, target).observe(seconds);
      deliveries.inc({ target, outcome });
    },
  };
}
