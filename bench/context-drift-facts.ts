/**
 * What context-drift promises of simulated fleets, over other seeds than its tests have; all parameters are its own estimates.
 *
 *   node --import tsx bench/context-drift-facts.ts [first seed, default 1000] [phi|equilibrium|jumps|shifts|reminders, default all]
 */
import {
  equilibria,
  errorsOfPhi,
  falseShifts,
  jumps,
  meanOf,
  near,
  reminders,
  shiftsFound,
} from "../test/support/conversation-facts.ts";

const FIRST = Number(process.argv[2] ?? 1000);

const seeds = (count: number) => Array.from({ length: count }, (_, i) => FIRST + i);
const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} % (${part} of ${whole})`;

function tell(fact: string, wanted: string, measured: string): void {
  console.log(`| ${fact} | ${wanted} | ${measured} |`);
}

const FACTS: Readonly<Record<string, () => Promise<void>>> = {
  async phi() {
    for (const phi of [0, 0.5, 0.8]) {
      const at = (await errorsOfPhi(phi, seeds(200)))[189]!;
      tell(`error of φ = ${phi}, 95 % quantile, 200 conversations × 10 turns, 200 fleets`, "< .08", at.toFixed(3));
    }
  },
  async equilibrium() {
    for (const [phi, wanted] of [
      [1, "≤ 5 %"],
      [0.5, "≥ 95 %"],
    ] as const) {
      const called = (await equilibria(phi, seeds(300))).filter((at) => at !== null).length;
      tell(`fleets of φ = ${phi} called an equilibrium, 200 conversations`, wanted, share(called, 300));
    }
  },
  async jumps() {
    for (const phi of [0, 0.3, 0.5, 0.8]) {
      for (const [size, wanted] of [
        [4, 95],
        [3, 75],
      ] as const) {
        const { jumped, flagged, quiet, falsely, delay } = await jumps(size, phi, seeds(20));
        const fact = `jump of ${size} sd at φ = ${phi}: found; median delay; flagged falsely`;
        const measured = `${share(flagged, jumped)}; ${delay} turns; ${share(falsely, quiet)}`;
        tell(fact, `≥ ${wanted} %; ≤ 2; ≤ 2 %`, measured);
      }
    }
  },
  async shifts() {
    for (const phi of [0, 0.3, 0.5]) {
      const found = await shiftsFound(phi, seeds(200));
      tell(`fleet shift of .5 τ at φ = ${phi} found within 150 conversations`, "≥ 85 %", share(found, 200));
    }
    const alarms = await falseShifts(0.5, seeds(20));
    tell("false fleet shifts in 200,000 conversations at one in 10,000 promised", "≤ 31", String(alarms));
  },
  async reminders() {
    for (const marks of [0, 1] as const) {
      const { effects, contrasts, holdouts } = await reminders(marks, seeds(40));
      const where = marks === 0 ? "where it acts" : "the turn before";
      const said = (values: readonly number[]) =>
        `${share(near(values, 1, 0.2), values.length)}, mean ${meanOf(values).toFixed(3)}`;
      tell(`reminder effect of 1 sd by the model, ~300 reminders, marked ${where}: within 20 %`, "yes", said(effects));
      tell(`its holdout contrast, ~400 at 50 % holdout, marked ${where}: within 20 %`, "yes", said(contrasts));
      tell(`mean innovation of the holdouts, marked ${where}`, "0", meanOf(holdouts).toFixed(3));
    }
  },
};

console.log(`seeds from ${FIRST} on\n\n| fact | wanted | measured |\n|---|---|---|`);
const asked = process.argv.slice(3);
for (const [name, fact] of Object.entries(FACTS)) if (asked.length === 0 || asked.includes(name)) await fact();
