import { createRandom, uniform } from "../../detectors/statistics/random.ts";

/** Simulated: a service's latency in milliseconds that grows by a third after 4,000 requests. */
export function* simulatedLatency(): Generator<{ value: number }, never> {
  const random = createRandom("latency");
  for (let i = 0; ; i++) {
    let noise = 0;
    for (let k = 0; k < 12; k++) noise += uniform(random);
    const level = i < 4000 ? 120 : 160;
    yield { value: Math.round(level * Math.exp((noise - 6) * 0.25) * 10) / 10 };
  }
}
