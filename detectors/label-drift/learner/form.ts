/** How good answers were of late, decayed .995 an event: micro-F1 + subset accuracy. One row for each of several answerers. */
export type Form = Float64Array;

const DECAY = 0.995;
const TRUE = 0;
const WRONG = 1;
const MISSED = 2;
const EXACT = 3;
const EVENTS = 4;
const CELLS = 5;

export function createForm(answerers: number): Form {
  return new Float64Array(answerers * CELLS);
}

export function noteForm(form: Form, answerer: number, hits: number, answered: number, size: number): void {
  const at = answerer * CELLS;
  for (let c = 0; c < CELLS; c++) form[at + c] = form[at + c]! * DECAY;
  form[at + TRUE]! += hits;
  form[at + WRONG]! += answered - hits;
  form[at + MISSED]! += size - hits;
  if (hits === answered && hits === size) form[at + EXACT]! += 1;
  form[at + EVENTS]! += 1;
}

export function goodness(form: Form, answerer: number): number {
  const at = answerer * CELLS;
  const twice = 2 * form[at + TRUE]!;
  const all = twice + form[at + WRONG]! + form[at + MISSED]!;
  return (all > 0 ? twice / all : 0) + (form[at + EVENTS]! > 0 ? form[at + EXACT]! / form[at + EVENTS]! : 0);
}
