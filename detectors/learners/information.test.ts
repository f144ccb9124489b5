import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sumsLength } from "../../engine/model-sums.ts";
import { absorb, createInformation, decayOf, solve, widen } from "./information.ts";
import { prequential } from "./prequential.ts";
import { fixedFeatures, mulberry32, STREAMS, type StreamName } from "./streams.ts";

const CHECKS: Record<StreamName, { sum: number; first: string; last: readonly number[]; accuracy: number }> = {
  sea: { sum: 3886, first: "010001110100", last: [4.364698, 8.108795, 2.038], accuracy: 0.8688 },
  sine: { sum: 4943, first: "110010101011", last: [0.742846, 0.706012], accuracy: 0.943 },
  hyper: { sum: 4960, first: "110001011011", last: [0.88128, 0.416662], accuracy: 0.8608 },
  gauss: { sum: 10217, first: "100102121122", last: [1.49893, -2.795194], accuracy: 0.8015 },
};

describe.each(Object.keys(STREAMS) as StreamName[])("the stream %s", (name) => {
  const stream = STREAMS[name](42);
  const check = CHECKS[name];
  const run = (theta: number, precision?: "float32") =>
    prequential(stream, {
      features: fixedFeatures(stream.x[0]!.length),
      theta,
      ridge: 1,
      every: 10,
      warmUp: 200,
      ...(precision && { precision }),
    });

  test("is the one that was measured", () => {
    expect(stream.y.reduce((a, b) => a + b, 0)).toBe(check.sum);
    expect(stream.y.slice(0, 12).join("")).toBe(check.first);
    check.last.forEach((x, j) => {
      expect(stream.x.at(-1)![j]).toBeCloseTo(x, 5);
    });
  });

  test("is predicted as well as measured before, in float32 too, and worse without forgetting", () => {
    const { accuracy, condition } = run(1.003);
    expect(accuracy).toBeGreaterThanOrEqual(check.accuracy - 0.005);
    expect(condition).toBeLessThan(1e6);
    expect(Math.abs(run(1.003, "float32").accuracy - accuracy)).toBeLessThanOrEqual(0.002);
    expect(run(1).accuracy).toBeLessThan(accuracy);
  });
});

const shapes = fc.record({
  features: fc.integer({ min: 1, max: 23 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  events: fc.integer({ min: 1, max: 60 }),
  decay: fc.constantFrom(1, decayOf(1.003), 0.9),
  ridge: fc.constantFrom(0.1, 1, 10),
  seed: fc.integer(),
});

test("W is the batch weighted ridge solution", () => {
  fc.assert(
    fc.property(shapes, ({ features, outputs, events, decay, ridge, seed }) => {
      const { rows, targets } = draw(features, outputs, events, seed);
      const info = createInformation(features, outputs, decay, ridge);
      absorb(info, rows, targets, events);
      const w = new Float64Array(outputs * features);
      expect(solve(info, w)).toBeGreaterThanOrEqual(1);
      const wanted = ridgeSolution(rows, targets, features, outputs, events, decay, ridge);
      w.forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(wanted[i]!)));
      });
    }),
  );
});

test("a micro-batch is single updates within rounding, however it is split", () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 1, max: 11 }), ({ features, outputs, events, decay, ridge, seed }, size) => {
      const { rows, targets } = draw(features, outputs, events, seed);
      const whole = createInformation(features, outputs, decay, ridge);
      const split = createInformation(features, outputs, decay, ridge);
      absorb(whole, rows, targets, events);
      for (let from = 0; from < events; from += size) {
        absorb(split, rows.subarray(from * features), targets.subarray(from * outputs), Math.min(size, events - from));
      }
      const largest = Float64Array.from(whole.sums).reduce((a, b) => Math.max(a, Math.abs(b * whole.scale)), 1);
      whole.sums.forEach((value, i) => {
        expect(Math.abs(value * whole.scale - split.sums[i]! * split.scale)).toBeLessThan(1e-12 * largest);
      });
    }),
  );
});

test("the decay that is put off is made up for before numbers grow large", () => {
  const { rows, targets } = draw(5, 2, 3000, 4);
  const info = createInformation(5, 2, 0.9, 1);
  for (let i = 0; i < 3000; i++) absorb(info, rows.subarray(i * 5), targets.subarray(i * 2), 1);
  expect(info.scale).toBeGreaterThan(2 ** -24);
  const w = new Float64Array(10);
  solve(info, w);
  const late = 2500;
  const wanted = ridgeSolution(rows.subarray(late * 5), targets.subarray(late * 2), 5, 2, 3000 - late, 0.9, 1);
  w.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 9);
  });
});

test("an output that comes later has no past and changes nothing of the others", () => {
  const { rows, targets } = draw(7, 2, 40, 8);
  const info = createInformation(7, 2, 0.98, 1);
  absorb(info, rows, targets, 40);
  const before = new Float64Array(14);
  solve(info, before);
  widen(info, 3);
  expect(info.sums.length).toBe(sumsLength(7, 3));
  const after = new Float64Array(21);
  solve(info, after);
  expect(after.subarray(0, 14)).toEqual(before);
  expect(after.subarray(14)).toEqual(new Float64Array(7));
});

test("what rounding has eaten is not solved", () => {
  const info = createInformation(2, 1, 1, 1e-30);
  absorb(info, Float64Array.of(1, 1), Float64Array.of(1), 1);
  const w = Float64Array.of(5, 6);
  expect(solve(info, w)).toBeNull();
  expect([...w]).toEqual([5, 6]);
});

// Half a minute of work on an idle machine.
test("stays finite over 200,000 events of a stream that excites few directions", { timeout: 600_000 }, () => {
  const stream = STREAMS.sine(3);
  const [x, y] = [stream.x, stream.y];
  const long = { x: Array.from({ length: 20 }, () => x).flat(), y: Array.from({ length: 20 }, () => y).flat() };
  const features = fixedFeatures(2);
  for (const precision of ["float64", "float32"] as const) {
    const { weights, accuracy, condition } = prequential(long, {
      features,
      theta: 1.003,
      ridge: 1,
      every: 100,
      warmUp: 200,
      precision,
    });
    expect(weights.every(Number.isFinite)).toBe(true);
    expect(accuracy).toBeGreaterThan(0.85);
    expect(condition).toBeLessThan(1e6);
  }
});

function draw(features: number, outputs: number, events: number, seed: number) {
  const u = mulberry32(seed);
  const fill = (n: number): Float64Array => Float64Array.from({ length: n }, () => 4 * u() - 2);
  return { rows: fill(events * features), targets: fill(events * outputs) };
}

/** Gaussian elimination with pivoting over the plain sums: another way to the same numbers. */
function ridgeSolution(
  rows: Float64Array,
  targets: Float64Array,
  features: number,
  outputs: number,
  events: number,
  decay: number,
  ridge: number,
): Float64Array {
  const m = Array.from({ length: features }, (_, i) =>
    Array.from({ length: features + outputs }, (_, j) => {
      let sum = i === j ? ridge : 0;
      for (let e = 0; e < events; e++) {
        const other = j < features ? rows[e * features + j]! : targets[e * outputs + j - features]!;
        sum += decay ** (events - 1 - e) * rows[e * features + i]! * other;
      }
      return sum;
    }),
  );
  for (let k = 0; k < features; k++) {
    let best = k;
    for (let i = k + 1; i < features; i++) if (Math.abs(m[i]![k]!) > Math.abs(m[best]![k]!)) best = i;
    [m[k], m[best]] = [m[best]!, m[k]!];
    for (let i = 0; i < features; i++) {
      if (i === k) continue;
      const by = m[i]![k]! / m[k]![k]!;
      for (let j = k; j < features + outputs; j++) m[i]![j] = m[i]![j]! - by * m[k]![j]!;
    }
  }
  const out = new Float64Array(outputs * features);
  for (let c = 0; c < outputs; c++) {
    for (let i = 0; i < features; i++) out[c * features + i] = m[i]![features + c]! / m[i]![i]!;
  }
  return out;
}
