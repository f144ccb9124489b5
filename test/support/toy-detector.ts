import { z } from "zod";
import type { Detector, Model, Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import type { SignalDraft } from "../../engine/signal.ts";

interface ToyEvent {
  readonly value: number;
}

interface ToyState {
  sum: number;
  count: number;
  over: boolean;
  readonly parts: Part[];
}

/** Sums values: above 100 it says drift and starts anew, below −100 recovered; every tenth event closes a part. */
export const toyDetector: Detector<ToyEvent, { explode: number }, ToyState> = {
  name: "toy",
  version: 1,
  title: "Toy",
  summary: "For tests of the engine.",
  source: "none",
  event: z.strictObject({ value: z.number() }),
  options: z.strictObject({ explode: z.number().default(Number.POSITIVE_INFINITY) }),
  reference: null,
  falseAlarms: null,
  gauges: [{ name: "toy_sum", help: "The sum." }],
  signals: [
    { kind: "drift", severity: "warning", episode: "opens", help: "The sum passed 100." },
    { kind: "explained", severity: "info", episode: "updates", help: "More about it." },
    { kind: "recovered", severity: "info", episode: "closes", help: "The sum fell below -100." },
  ],
  open: ({ options }) => openToy(options.explode, true),
  example: { options: {}, events: () => [], alarms: [] },
};

export function openToy(explode: number, recovers: boolean): Model<ToyEvent, ToyState> {
  return {
    recovers,
    init: () => ({ sum: 0, count: 0, over: false, parts: [] }),
    step: (batch) =>
      batch.map(({ state, event }) => {
        if (event.value === explode) throw new RangeError("boom");
        if (event.value === 13) return { ratio: 0, signals: [], reject: { reason: "wrong-dimension", detail: "13" } };
        state.count++;
        state.sum += event.value;
        if (state.count % 10 === 0) {
          state.parts.push(makePart(new Uint8Array(Float64Array.of(state.sum, state.count).buffer)));
          if (state.parts.length > 3) state.parts.shift();
        }
        const signals: SignalDraft[] = [];
        const say = (kind: string): void =>
          void signals.push({
            kind,
            onset: null,
            statistic: state.sum,
            threshold: 100,
            summary: kind,
            explanation: { sum: state.sum },
          });
        if (state.sum > 100) {
          say("drift");
          if (!state.over) say("explained");
          state.over = true;
          state.sum = 0;
        } else if (state.sum < -100) {
          if (state.over) say("recovered");
          state.over = false;
          state.sum = 0;
        }
        return { ratio: Math.abs(state.sum) / 100, signals };
      }),
    command: (state, { kind }) => {
      const over = state.over && kind !== "acknowledge";
      if (kind === "acknowledge") return [];
      state.sum = 0;
      state.over = false;
      if (!over) return [];
      return [{ kind: "recovered", onset: null, statistic: 0, threshold: 100, summary: "by command", explanation: {} }];
    },
    inspect: (state) => ({
      status: state.over ? "drifting" : "steady",
      statistic: state.sum,
      threshold: 100,
      gauges: { toy_sum: state.sum },
      details: {},
    }),
    save: (states) =>
      states.map((s) => ({
        version: 1,
        running: new Uint8Array(Float64Array.of(s.sum, s.count, s.over ? 1 : 0).buffer),
        parts: [...s.parts],
      })),
    load: (snapshots) =>
      snapshots.map((s) => {
        const [sum, count, over] = new Float64Array(s.running.slice().buffer);
        return { sum: sum!, count: count!, over: over === 1, parts: [...s.parts] };
      }),
  };
}
