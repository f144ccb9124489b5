import type { Example } from "../../engine/detector.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import type { TurnEvent } from "./event.ts";

const TURNS = 8;
const CONVERSATIONS = 160;
/** It leaves its level at turn 4. */
const ASTRAY = 140;

/** Eight turns each, ten conversations at a time: levels of their own, φ = .5; conversation c140 jumps at turn 4. */
export const example: Example<TurnEvent> = {
  options: { idleMinutes: null },
  reference: { first: 100 },
  *events() {
    const random = createRandom("context-drift example");
    const normal = (): number => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += uniform(random);
      return sum;
    };
    const open: { id: number; level: number; off: number; turn: number }[] = [];
    let next = 0;
    for (;;) {
      while (open.length < 10 && next < CONVERSATIONS) {
        open.push({ id: next++, level: 6 + normal(), off: 1.15 * normal(), turn: 0 });
      }
      const c = open.shift();
      if (c === undefined) return;
      c.turn++;
      if (c.turn > 1) c.off = 0.5 * c.off + normal();
      const jump = c.id === ASTRAY && c.turn >= 4 ? 6 : 0;
      yield {
        conversation: `c${c.id}`,
        turn: c.turn,
        divergence: Math.max(0, c.level + c.off + jump),
        end: c.turn === TURNS,
      };
      if (c.turn < TURNS) open.push(c);
    }
  },
  alarms: [{ kind: "conversation_out_of_band", index: 1150 }],
};
