/** Where the hot parts of the engine put their timings; counters and gauges are read from the ServiceView at scrape. */
export interface Meter {
  /** Broker time (event time) until step() returned. */
  eventToDecision(monitor: string, seconds: number, exemplar?: EventExemplar): void;
  /** Broker time (event time) until the commit that carries the event. */
  eventToCommit(monitor: string, seconds: number): void;
  /** All step() calls of one batch. */
  update(monitor: string, detector: string, seconds: number): void;
  /** Events in one batch handed to a detector. */
  batchSize(monitor: string, events: number): void;
  /** One store transaction; also counted in snapshots_total{outcome}. */
  commit(seconds: number, outcome: CommitOutcome): void;
  /** One try to deliver a notification to a target. */
  delivery(target: string, seconds: number, outcome: DeliveryKind): void;
}

/** An event that a measure was taken of. */
export interface EventExemplar {
  /** topic[partition]@offset. */
  readonly event: string;
  readonly trace: string | null;
}

export const COMMIT_OUTCOMES = ["committed", "fenced", "failed"] as const;
export type CommitOutcome = (typeof COMMIT_OUTCOMES)[number];

export const DELIVERY_KINDS = ["delivered", "retry", "dead"] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

const ignore = () => {};

/** Measures nothing: backtests and tests. */
export const NO_METER: Meter = Object.freeze({
  eventToDecision: ignore,
  eventToCommit: ignore,
  update: ignore,
  batchSize: ignore,
  commit: ignore,
  delivery: ignore,
});
