import { expect, test } from "vitest";
import type { Detector, Model } from "../../engine/detector.ts";
import { openExample } from "../../test/laws/run-model.ts";
import { dissatisfaction } from "../dissatisfaction/dissatisfaction.ts";
import { instructionStability } from "../instruction-stability/instruction-stability.ts";
import { lookbackRatio } from "../lookback-ratio/lookback-ratio.ts";
import { fitDecay } from "../semantic-cycles/decay.ts";
import { semanticCycles } from "../semantic-cycles/semantic-cycles.ts";

async function feed(detector: unknown, events: Iterable<object>) {
  const model: Model = await openExample(detector as Detector);
  const state = model.init("k");
  const rejected: string[] = [];
  for (const event of events) {
    const [outcome] = await model.step([{ state, event, time: null }]);
    if (outcome?.reject) rejected.push(outcome.reject.reason);
  }
  return { ...model.inspect(state), rejected };
}

test("scores that fall by .05 a round: the round at which it is shown, and the half-life", async () => {
  const rounds = function* () {
    for (let i = 0; i < 40; i++) {
      for (let round = 1; round <= 8; round++) {
        // ±.01 by turns: a mean fall of .05 a round with an error of its own.
        const score = 1 - 0.05 * (round - 1) + (((i * 7 + round * 3) % 5) - 2) * 0.01;
        yield { conversation: i, round, score, end: round === 8 };
      }
    }
  };
  const { details, gauges } = await feed(instructionStability, rounds());
  expect(details.significantRound).toBe(2);
  expect(gauges.instruction_stability_half_life_rounds).toBeCloseTo(13.513, 2);
  const [second, third] = details.fallByRound as object[];
  expect(second).toEqual({ round: 2, fall: 0.05, conversations: 40 });
  expect(third).toEqual({ round: 3, fall: 0.1, conversations: 40 });
  expect(gauges.instruction_stability_mean ?? null).toBeNull();
});

test("a conversation that was open in a state of version 1 goes on: no round was missing then", async () => {
  const model: Model = await openExample(instructionStability as unknown as Detector);
  const state = model.init("k");
  const probe = (of: unknown, round: number) =>
    model.step([{ state: of, event: { conversation: "c", round, score: 1 - 0.1 * round }, time: null }]);
  await probe(state, 1);
  await probe(state, 2);
  const [now] = await model.save([state]);
  // What version 2 adds to a conversation, its first round, stands at its end.
  const old = { ...now!, version: 1, running: now!.running.slice(0, -8) };
  const [loaded] = await model.load([old]);
  await probe(loaded, 5);
  const { fallByRound } = model.inspect(loaded).details;
  expect(fallByRound).toEqual([
    { round: 2, fall: 0.1, conversations: 1 },
    { round: 5, fall: 0.4, conversations: 1 },
  ]);
});

test("a decay is found again to its rate and floor", () => {
  const similarities = Array.from({ length: 12 }, (_, g) => 0.4 * Math.exp(-0.3 * g) + 0.5);
  const decay = fitDecay(
    similarities,
    similarities.map(() => 10),
  )!;
  expect(decay.a).toBeCloseTo(0.4, 6);
  expect(decay.b).toBeCloseTo(0.3, 6);
  expect(decay.c).toBeCloseTo(0.5, 6);
  expect(fitDecay([1, 1, 1], [1, 1, 1])).toBeNull();
});

test("chains: similarity by generation, and what does not fit is refused", async () => {
  const chains = function* () {
    for (let i = 0; i < 6; i++) {
      yield { chain: i, generation: 0, embedding: [1, 0] };
      for (let g = 1; g <= 4; g++) yield { chain: i, generation: g, embedding: [3, 4], end: g === 4 };
    }
    yield { chain: 99, generation: 2, embedding: [1, 0] };
    yield { chain: 98, generation: 0, embedding: [1, 0] };
    yield { chain: 98, generation: 1, embedding: [1, 0, 0] };
  };
  const { details, rejected } = await feed(semanticCycles, chains());
  expect(details.similarityByGeneration).toEqual([1, 0.6, 0.6, 0.6, 0.6]);
  expect(rejected).toEqual(["missing-field", "wrong-dimension"]);
});

test("keys can share one promise: it comes with each event, and is the threshold", async () => {
  const model: Model = await openExample(lookbackRatio as unknown as Detector);
  const state = model.init("k");
  const thresholds: (number | null)[] = [];
  for (const event of lookbackRatio.example.events()) {
    const [outcome] = await model.step([{ state, event, time: null, promise: 777 }]);
    for (const s of outcome!.signals) if (s.kind === "drift") thresholds.push(s.threshold);
  }
  expect(thresholds).toEqual([777]);
});

test("rates of each kind of dissatisfaction, and the lookback ratio from attention", async () => {
  const turns = Array.from({ length: 10 }, (_, i) => ({
    rephrase: i % 2 === 0,
    correction: false,
    thumbsDown: i === 3,
  }));
  const { gauges } = await feed(dissatisfaction, turns);
  expect(gauges.dissatisfaction_rephrase_rate).toBeCloseTo(0.5, 12);
  expect(gauges.dissatisfaction_thumbs_down_rate).toBeCloseTo(0.1, 12);
  const { rejected } = await feed(lookbackRatio, [{ context: 3, own: 1 }, { ratio: 0.5 }, { context: 0, own: 0 }]);
  expect(rejected).toEqual(["out-of-range"]);
});
