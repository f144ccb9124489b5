/** Prequential scores of label sets over all keys, by name: labels that some key never saw count as rightly off. */
export interface Scores {
  readonly names: Map<string, number>;
  /** Per label: hits, wrongly on, missed. */
  cells: Float64Array;
  events: number;
  exact: number;
  errors: number;
  exampleF1: number;
}

export function createScores(): Scores {
  return { names: new Map(), cells: new Float64Array(64), events: 0, exact: 0, errors: 0, exampleF1: 0 };
}

/** What was predicted, and the truth: numbers of names; `present[l]` is 1 for the truth. */
export function note(
  s: Scores,
  names: readonly string[],
  answer: Uint16Array,
  active: Uint16Array,
  size: number,
  present: Uint8Array,
): void {
  let hits = 0;
  for (let k = 0; k < answer.length; k++) {
    const hit = present[answer[k]!]!;
    hits += hit;
    if (hit === 0) bump(s, names[answer[k]!]!, 1);
  }
  let told = 0;
  for (let k = 0; k < size; k++) {
    let found = false;
    for (let a = 0; a < answer.length; a++) if (answer[a] === active[k]) found = true;
    if (found) told++;
    bump(s, names[active[k]!]!, found ? 0 : 2);
  }
  s.events++;
  s.errors += answer.length - hits + size - told;
  if (hits === answer.length && told === size) s.exact++;
  s.exampleF1 += answer.length + size > 0 ? (2 * hits) / (answer.length + size) : 1;
}

function bump(s: Scores, name: string, cell: 0 | 1 | 2): void {
  let i = s.names.get(name);
  if (i === undefined) {
    i = s.names.size;
    s.names.set(name, i);
    if (3 * i + 3 > s.cells.length) {
      const longer = new Float64Array(6 * i + 6);
      longer.set(s.cells);
      s.cells = longer;
    }
  }
  s.cells[3 * i + cell]!++;
}

export function summaryOf(s: Scores): Record<string, number> | null {
  if (s.events === 0) return null;
  const all = [0, 0, 0];
  let f1 = 0;
  let seen = 0;
  for (let i = 0; i < s.names.size; i++) {
    const [hits, wrong, missed] = [s.cells[3 * i]!, s.cells[3 * i + 1]!, s.cells[3 * i + 2]!];
    all[0]! += hits;
    all[1]! += wrong;
    all[2]! += missed;
    // Macro: over labels that came.
    if (hits + missed === 0) continue;
    seen++;
    f1 += (2 * hits) / (2 * hits + wrong + missed);
  }
  const [hits, wrong, missed] = all as [number, number, number];
  return {
    subsetAccuracy: s.exact / s.events,
    hamming: s.names.size > 0 ? s.errors / (s.events * s.names.size) : 0,
    exampleF1: s.exampleF1 / s.events,
    microF1: hits > 0 ? (2 * hits) / (2 * hits + wrong + missed) : 0,
    macroF1: seen > 0 ? f1 / seen : 0,
  };
}
