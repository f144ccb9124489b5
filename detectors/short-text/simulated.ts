import { createRandom, type Random, uniform } from "../statistics/random.ts";
import type { TextEvent } from "./event.ts";

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
