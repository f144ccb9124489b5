import type { Example } from "../../engine/detector.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import type { RvflEvent } from "./event.ts";

/** Loans: income and debt decide who pays back; from event 1,000 on debt counts for more and age begins to count. */
export const example: Example<RvflEvent> = {
  options: {},
  reference: { first: 200 },
  falseAlarms: { events: 2000 },
  *events() {
    const random = createRandom("lite-rvfl example");
    for (let i = 0; i < 1600; i++) {
      const [income, debt, age] = [uniform(random), uniform(random), uniform(random)];
      const changed = i >= 1000;
      const score = changed ? 1.2 * age - income - 0.6 * debt + 0.5 : income - debt;
      const x = {
        income: Math.round(20_000 + 80_000 * income),
        debt: Math.round(50_000 * debt),
        age: Math.round(18 + 60 * age),
      };
      yield { x, y: score + 0.3 * (uniform(random) - 0.5) > 0 ? "paid" : "failed" };
    }
  },
  alarms: [{ kind: "drift", index: 1065 }],
};
