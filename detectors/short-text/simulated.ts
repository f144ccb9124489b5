import type { Matrix, Tensors } from "../../engine/tensors.ts";
import { createRandom, type Random, uniform } from "../statistics/random.ts";
import type { TextEvent } from "./event.ts";

/** What the tests compute with: plain loops, no batching. */
export const PLAIN_TENSORS: Tensors = { backend: "plain", device: "loops", matrix: plainMatrix };

function plainMatrix(data: Float32Array, rows: number, dim: number): Matrix {
  const own = data.slice(0, rows * dim);
  return {
    rows,
    dim,
    nearest(queries, count, k) {
      const indices = new Uint32Array(count * k);
      const products = new Float32Array(count * k);
      for (let q = 0; q < count; q++) {
        const best: { row: number; product: number }[] = [];
        for (let row = 0; row < rows; row++) {
          let product = 0;
          for (let d = 0; d < dim; d++) product += queries[q * dim + d]! * own[row * dim + d]!;
          product = Math.fround(product);
          if (best.length === k && product <= best[k - 1]!.product) continue;
          const at = best.findIndex((other) => product > other.product);
          best.splice(at < 0 ? best.length : at, 0, { row, product });
          if (best.length > k) best.pop();
        }
        for (let i = 0; i < k; i++) {
          indices[q * k + i] = best[i]?.row ?? 0xffffffff;
          products[q * k + i] = best[i]?.product ?? Number.NEGATIVE_INFINITY;
        }
      }
      return { indices, products };
    },
    dispose() {},
  };
}

export const DIM = 12;

/** Simulated texts: a direction per topic and noise; the same seed gives the same texts. */
export function createTexts(seed: number): (topic: number) => TextEvent {
  const random = createRandom("simulated texts", seed);
  const directions = new Map<number, number[]>();
  let said = 0;
  return (topic) => {
    let direction = directions.get(topic);
    if (direction === undefined) {
      direction = gaussians(createRandom("topic", topic));
      directions.set(topic, direction);
    }
    const noise = gaussians(random);
    said += 1;
    return {
      text: `about topic${topic} and matter${Math.floor(uniform(random) * 50)} number ${said}`,
      embedding: direction.map((v, d) => v + 0.5 * noise[d]!),
    };
  };
}

/** `count` texts on topics 0..7, from `change` on a share of them on topic `fresh`. */
export function stream(
  seed: number,
  count: number,
  change = count,
  share = 0.4,
  fresh = 99,
  decorate: (event: TextEvent, i: number) => TextEvent = (event) => event,
): TextEvent[] {
  const random = createRandom("simulated stream", seed);
  const text = createTexts(seed);
  return Array.from({ length: count }, (_, i) => {
    const isNew = i >= change && uniform(random) < share;
    return decorate(text(isNew ? fresh : Math.floor(uniform(random) * 8)), i);
  });
}

function gaussians(random: Random): number[] {
  return Array.from({ length: DIM }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += uniform(random);
    return sum;
  });
}
