import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { ModelBank, ModelSpec, ModelSums, ModelUpdate, Slot, Solved } from "../../engine/model-bank.ts";

/** Relative to the largest number of what is compared. */
export const TOLERANCE = { float64: 1e-9, float32: 1e-4 } as const;

/** What every bank keeps. `runs`: how often each property is tried (a software GPU is slow). */
export function modelBankLaws(create: (features: number) => ModelBank, runs = 30): void {
  const open: ModelBank[] = [];
  const bankOf = (features: number): ModelBank => {
    const bank = create(features);
    open.push(bank);
    return bank;
  };
  afterAll(() => {
    for (const bank of open) bank.dispose();
  });

  test("is the weighted ridge solution of what each model was given", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const bank = bankOf(plan.features);
        const models = plan.models.map((spec) => ({
          spec,
          slot: bank.open(spec),
          truth: createTruth(plan.features, spec),
        }));
        for (const { updates, seed } of plan.steps) {
          const taken = models.slice(0, updates);
          const given = taken.map(({ slot, spec, truth }, i) =>
            draw(slot, plan.features, spec.outputs, seed + i, truth),
          );
          const solved = await bank.update(given);
          expect(solved.length).toBe(taken.length);
          for (const [i, { truth }] of taken.entries()) {
            near(solved[i]!.weights, truth.solve(), bank.precision, truth.condition());
            expect(solved[i]!.condition).toBeGreaterThanOrEqual(1);
          }
        }
        for (const { slot } of models) bank.close(slot);
      }),
      { numRuns: runs, seed: 1 },
    );
  });

  test("a batch of models is each model alone", async () => {
    const bank = bankOf(9);
    const spec = { outputs: 2, decay: 0.99, ridge: 1 };
    const together = Array.from({ length: 5 }, () => bank.open(spec));
    const alone = Array.from({ length: 5 }, () => bank.open(spec));
    for (let step = 0; step < 4; step++) {
      const many = await bank.update(together.map((slot, i) => draw(slot, 9, 2, 100 * step + i)));
      for (const [i, slot] of alone.entries()) {
        const [one] = await bank.update([draw(slot, 9, 2, 100 * step + i)]);
        near(many[i]!.weights, one!.weights!, bank.precision, 1);
      }
    }
  });

  test("what was read and written goes on as if nothing had been", async () => {
    const bank = bankOf(6);
    const spec: ModelSpec = { outputs: 3, decay: 0.9, ridge: 0.5 };
    const slot = bank.open(spec);
    for (let step = 0; step < 3; step++) await bank.update([draw(slot, 6, 3, step)]);
    const [sums] = await bank.read([slot]);
    expect(sums!.gram.length).toBe(21);
    expect(sums!.moments.length).toBe(18);
    const other = bank.open({ ...spec, outputs: 1 });
    bank.write(other, structuredClone(sums!));
    const [a] = await bank.update([draw(slot, 6, 3, 9)]);
    const [b] = await bank.update([draw(other, 6, 3, 9)]);
    expect(b).toEqual(a);
    expect((await bank.read([other]))[0]).toEqual((await bank.read([slot]))[0]);
  });

  test("reads the fading sums without the ridge", async () => {
    const bank = bankOf(2);
    const slot = bank.open({ outputs: 1, decay: 0.5, ridge: 7 });
    await bank.update([{ slot, events: 2, rows: Float64Array.of(1, 2, 3, 4), targets: Float64Array.of(10, 100) }]);
    const [{ scale, gram, moments }] = (await bank.read([slot])) as [ModelSums];
    const of = (values: Float64Array): number[] => Array.from(values, (v) => v * scale);
    [0.5 + 9, 1 + 12, 2 + 16].forEach((v, i) => {
      expect(of(gram)[i]).toBeCloseTo(v, 4);
    });
    [5 + 300, 10 + 400].forEach((v, i) => {
      expect(of(moments)[i]).toBeCloseTo(v, 3);
    });
  });

  test("an output that comes later has no past and changes nothing of the others", async () => {
    const bank = bankOf(4);
    const slot = bank.open({ outputs: 1, decay: 0.99, ridge: 1 });
    const [before] = await bank.update([draw(slot, 4, 1, 3)]);
    bank.widen(slot, 3);
    bank.widen(slot, 2);
    const [after] = await bank.update([nothing(slot)]);
    expect(after!.weights!.length).toBe(12);
    near(after!.weights!.subarray(0, 4), before!.weights!, bank.precision, 1);
    expect(after!.weights!.subarray(4)).toEqual(new Float64Array(8));
    const [sums] = await bank.read([slot]);
    expect(sums!.outputs).toBe(3);
  });

  test("models of other outputs, decays and ridges lie side by side; a closed one frees its place", async () => {
    const bank = bankOf(3);
    const specs: ModelSpec[] = [
      { outputs: 1, decay: 1, ridge: 1 },
      { outputs: 4, decay: 0.9, ridge: 10 },
      { outputs: 2, decay: 0.99, ridge: 0.1 },
    ];
    let slots = specs.map((spec) => bank.open(spec));
    await bank.update(slots.map((slot, i) => draw(slot, 3, specs[i]!.outputs, i)));
    bank.close(slots[1]!);
    slots = [slots[0]!, bank.open(specs[1]!), slots[2]!];
    const fresh = (await bank.update([nothing(slots[1]!)]))[0]!;
    expect(fresh.weights).toEqual(new Float64Array(12));
    expect(fresh.condition).toBeCloseTo(1, 6);
  });

  // Shaders work in blocks of rows, columns and outputs: sizes on their edges, and beyond a workgroup.
  test.each([
    [16, 1],
    [48, 16],
    [70, 3],
    [97, 19],
    [270, 2],
  ])("is as exact for models of %d features and %d outputs", async (features, outputs) => {
    const bank = bankOf(features);
    const spec: ModelSpec = { outputs, decay: 0.994, ridge: 1 };
    const models = [1, 2].map(() => ({ slot: bank.open(spec), truth: createTruth(features, spec) }));
    for (let step = 0; step < 3; step++) {
      const given = models.map(({ slot, truth }, i) => draw(slot, features, outputs, 10 * step + i, truth));
      const solved = await bank.update(given);
      for (const [i, { truth }] of models.entries()) {
        near(solved[i]!.weights, truth.solve(), bank.precision, truth.condition());
      }
    }
  });

  test("what one model cannot bear harms none beside it", async () => {
    const bank = bankOf(2);
    const spec: ModelSpec = { outputs: 1, decay: 1, ridge: 1e-6 };
    const [absurd, flat, sane, alone] = [bank.open(spec), bank.open(spec), bank.open(spec), bank.open(spec)];
    const monstrous = {
      slot: absurd!,
      events: 1,
      rows: Float64Array.of(1e100, -1e100),
      targets: Float64Array.of(1e100),
    };
    // Collinear: float32 cannot tell the ridge from nothing.
    const collinear = { slot: flat!, events: 2, rows: Float64Array.of(3, 3, 5, 5), targets: Float64Array.of(3, 5) };
    const [a, b, c] = await bank.update([monstrous, collinear, draw(sane!, 2, 1, 3)]);
    const [d] = await bank.update([draw(alone!, 2, 1, 3)]);
    expect(a!.weights === null || a!.weights.every(Number.isFinite)).toBe(true);
    if (b!.weights !== null) expect(Math.abs(b!.weights[0]! + b!.weights[1]! - 1)).toBeLessThan(1e-3);
    near(c!.weights, d!.weights!, bank.precision, 1);
  });

  test("a quiet stream stays solvable: 5,000 events that excite one direction", async () => {
    const bank = bankOf(8);
    const slot = bank.open({ outputs: 1, decay: 0.994, ridge: 1 });
    const rows = new Float64Array(8 * 100).fill(1);
    const targets = new Float64Array(100).fill(1);
    let last: Solved | null = null;
    for (let i = 0; i < 50; i++) [last] = (await bank.update([{ slot, events: 100, rows, targets }])) as [Solved];
    expect(last!.weights!.every(Number.isFinite)).toBe(true);
    const sum = last!.weights!.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - 1)).toBeLessThan(1e-2);
    expect(last!.condition).toBeGreaterThan(1);
  });
}

const plans = fc.record({
  features: fc.integer({ min: 1, max: 19 }),
  models: fc.array(
    fc.record({
      outputs: fc.integer({ min: 1, max: 4 }),
      decay: fc.constantFrom(1, 0.994, 0.9),
      ridge: fc.constantFrom(0.5, 1, 10),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  steps: fc.array(fc.record({ updates: fc.integer({ min: 1, max: 4 }), seed: fc.integer({ min: 0, max: 1e6 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

function nothing(slot: Slot): ModelUpdate {
  return { slot, events: 0, rows: new Float64Array(0), targets: new Float64Array(0) };
}

/** 1 to 23 events; longer arrays than needed. */
function draw(slot: Slot, features: number, outputs: number, seed: number, truth?: Truth): ModelUpdate {
  let s = (seed * 2654435761 + 12345) >>> 0;
  const u = (): number => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2147483648 - 1;
  };
  const events = 1 + ((seed * 7) % 23);
  const rows = Float64Array.from({ length: events * features + 3 }, u);
  const targets = Float64Array.from({ length: events * outputs + 3 }, u);
  truth?.learn(rows, targets, events);
  return { slot, events, rows, targets };
}

interface Truth {
  learn(rows: Float64Array, targets: Float64Array, events: number): void;
  solve(): Float64Array;
  condition(): number;
}

/** Every event in turn over full matrices, solved by elimination. */
function createTruth(features: number, { outputs, decay, ridge }: ModelSpec): Truth {
  const width = features + outputs;
  const g = Array.from({ length: features }, (_, i) => Array.from({ length: width }, (_, j) => (i === j ? ridge : 0)));
  return {
    learn(rows, targets, events) {
      for (let e = 0; e < events; e++) {
        for (let i = 0; i < features; i++) {
          for (let j = 0; j < width; j++) {
            const other = j < features ? rows[e * features + j]! : targets[e * outputs + j - features]!;
            const kept = i === j ? (1 - decay) * ridge : 0;
            g[i]![j] = decay * g[i]![j]! + rows[e * features + i]! * other + kept;
          }
        }
      }
    },
    solve() {
      const m = g.map((row) => [...row]);
      for (let k = 0; k < features; k++) {
        for (let i = 0; i < features; i++) {
          if (i === k) continue;
          const by = m[i]![k]! / m[k]![k]!;
          for (let j = k; j < width; j++) m[i]![j] = m[i]![j]! - by * m[k]![j]!;
        }
      }
      const out = new Float64Array(outputs * features);
      for (let c = 0; c < outputs; c++) {
        for (let i = 0; i < features; i++) out[c * features + i] = m[i]![features + c]! / m[i]![i]!;
      }
      return out;
    },
    condition: () => Math.max(...g.map((row) => row.slice(0, features).reduce((a, b) => a + Math.abs(b), 0))) / ridge,
  };
}

/** What rounding may do grows with the condition of the matrix. */
function near(
  got: Float64Array | null,
  wanted: Float64Array,
  precision: ModelBank["precision"],
  condition: number,
): void {
  expect(got).not.toBeNull();
  expect(got!.length).toBe(wanted.length);
  const largest = wanted.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
  const allowed = TOLERANCE[precision] * largest * Math.max(1, condition / 100);
  got!.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(allowed);
  });
}
