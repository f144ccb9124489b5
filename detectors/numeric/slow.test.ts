import { expect, test } from "vitest";
import type { Model, Outcome } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { numeric } from "./numeric.ts";

function said(values: (noise: () => number, i: number) => number, seed: string, first = 1500): SignalDraft[] {
  const settings = { options: numeric.options.parse({}), reference: { first }, promise: 10_000, seed: 1 };
  const model = numeric.open(settings, undefined as never) as Model;
  const state = model.init("k");
  const random = createRandom(seed);
  const noise = (): number => {
    let sum = -6;
    for (let j = 0; j < 12; j++) sum += uniform(random);
    return sum;
  };
  const signals: SignalDraft[] = [];
  for (let i = 0; i < 4500; i++) {
    const event = { value: values(noise, i) };
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    signals.push(...outcome!.signals);
    if (signals.some(({ kind }) => kind === "drift")) break;
  }
  return signals;
}

test("an alarm that took long says from when on it may have grown, one that came at once does not", () => {
  const slow = said((noise, i) => noise() + Math.max(0, (i - 2000) / 2000), "ramp").find(
    ({ kind }) => kind === "drift",
  );
  expect(slow!.summary).toMatch(/values are higher: .* If it grew slowly, it began nearer event [\d,]+\.$/);
  const quick = said((noise, i) => noise() + (i < 2000 ? 0 : 1.5), "quick").find(({ kind }) => kind === "drift");
  expect(quick!.summary).toMatch(/values are higher/);
  expect(quick!.summary).not.toMatch(/slowly/);
});

test("where sizes come in waves bets are tempered by a fifth more, and the promise is told as reduced", () => {
  const calm = said((noise) => noise(), "calm")[0]!;
  expect(calm.kind).toBe("learnt");
  expect(calm.explanation.promise).toBe("kept");
  expect(calm.explanation.temper).toBeLessThan(1.2);
  let variance = 1;
  let last = 0;
  const waves = said((noise) => {
    variance = 0.05 + 0.1 * last * last + 0.85 * variance;
    last = Math.sqrt(variance) * noise();
    return last;
  }, "waves")[0]!;
  expect(waves.explanation.promise).toBe("reduced");
  expect(waves.explanation.temper).toBeGreaterThan(1.2);
});

test("dependence over several values that was learnt from few is told as reduced, over one value it is not", () => {
  let level = 0;
  let before = 0;
  const behindNoise = (noise: () => number): number => {
    const e = noise();
    level = 0.9 * level + e - 0.5 * before;
    before = e;
    return level;
  };
  expect(said(behindNoise, "hidden", 300)[0]!.explanation).toMatchObject({ lags: 5, promise: "reduced" });
  expect(said(behindNoise, "hidden", 1500)[0]!.explanation.promise).toBe("kept");
  let y = 0;
  const plain = (noise: () => number): number => {
    y = 0.6 * y + noise();
    return y;
  };
  expect(said(plain, "plain", 300)[0]!.explanation).toMatchObject({ lags: 1, promise: "kept" });
});
