import { type Random, uniform } from "../detectors/statistics/random.ts";
import { type Corpus, shuffle } from "./short-text-clinc.ts";
import type { Utterance } from "./short-text-replay.ts";

/** Streams whose utterances are not independent; `ids`: session ids tell conversations apart. */
export const KINDS = [
  "sequence-ids",
  "interleaved-ids",
  "sequence",
  "interleaved",
  "retries",
  "bots",
  "near-duplicates",
  "day-covered",
  "day-not-covered",
  "weekends",
  "incidents",
] as const;
export type Kind = (typeof KINDS)[number];

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);
/** Events in a day, where days matter: a reference of 1,500 is one of them, or a quarter. */
const COVERED = 1500;
const NOT_COVERED = 6000;
const WEEKDAY = 1500;

interface Change {
  readonly novel: readonly number[];
  readonly at: number;
}

/** Utterances until an intent that is wanted has none left. From `change.at` on 20 % are of novel intents. */
export function makeDependent(
  corpus: Corpus,
  kind: Kind,
  rows: readonly number[],
  random: Random,
  change?: Change,
): Utterance[] {
  const known = pool(corpus, rows, random);
  const novel = change === undefined ? null : pool(corpus, change.novel, random);
  const out: Utterance[] = [];
  const from = (): Pool => (novel !== null && out.length >= change!.at && uniform(random) < 0.2 ? novel : known);
  const plain = (weight?: (intent: number) => number): number | undefined => {
    const source = from();
    return source === known ? source.draw(weight) : source.draw();
  };
  switch (kind) {
    case "sequence-ids":
    case "sequence":
    case "interleaved-ids":
    case "interleaved": {
      const talks = Array.from({ length: kind.startsWith("sequence") ? 1 : 8 }, () => ({
        id: 0,
        from: known,
        intent: 0,
        left: 0,
      }));
      const ids = kind.endsWith("-ids");
      for (let next = 1; ; ) {
        const talk = talks[Math.floor(uniform(random) * talks.length)]!;
        if (talk.left === 0) {
          talk.from = from();
          talk.intent = talk.from.any();
          talk.left = 3 + Math.floor(uniform(random) * 6);
          talk.id = next++;
        }
        talk.left -= 1;
        const row = uniform(random) < 0.6 ? talk.from.of(talk.intent) : talk.from.draw();
        if (row === undefined) return out;
        out.push({ row, session: ids ? `c${talk.id}` : null });
      }
    }
    case "retries":
    case "near-duplicates": {
      // One in five is said again once to three times, each a few events later.
      const waiting: { row: number; at: number; words: string | undefined }[] = [];
      for (;;) {
        const due = waiting.findIndex(({ at }) => at <= out.length);
        if (due >= 0) {
          const [again] = waiting.splice(due, 1);
          out.push({ row: again!.row, ...(again!.words === undefined ? {} : { text: again!.words }) });
          continue;
        }
        const row = plain();
        if (row === undefined) return out;
        out.push({ row });
        if (uniform(random) >= 0.2) continue;
        const times = 1 + Math.floor(uniform(random) * 3);
        for (let n = 1; n <= times; n++) {
          const words = kind === "retries" ? undefined : `${corpus.texts[row]!} ${["please", "now", "again"][n - 1]}`;
          waiting.push({ row, at: out.length + Math.floor(uniform(random) * 15 * n), words });
        }
      }
    }
    case "bots": {
      // A script says one of its three sentences every few events for a while.
      let script: number[] = [];
      let left = 0;
      for (;;) {
        const row = plain();
        if (row === undefined) return out;
        if (left === 0 && uniform(random) < 0.002) {
          script = [row, known.draw() ?? row, known.draw() ?? row];
          left = 40 + Math.floor(uniform(random) * 60);
        }
        out.push({ row });
        if (left > 0 && uniform(random) < 0.3) {
          out.push({ row: script[left % 3]! });
          left -= 1;
        }
      }
    }
    case "day-covered":
    case "day-not-covered": {
      const day = kind === "day-covered" ? COVERED : NOT_COVERED;
      for (;;) {
        // Each intent has its hour: by half more often then, by half less often twelve hours from it.
        const hour = (2 * Math.PI * (out.length % day)) / day;
        const row = plain((intent) => 1 + 0.5 * Math.cos(hour - 2 * Math.PI * golden(intent)));
        if (row === undefined) return out;
        out.push({ row, time: START + (out.length * DAY) / day });
      }
    }
    case "weekends":
      for (;;) {
        // The reference is a Monday. On days six and seven a third of the intents comes twice as often, a third half.
        const today = Math.floor(out.length / WEEKDAY) % 7;
        const row = plain((intent) => (today < 5 ? 1 : [2, 1, 0.5][Math.floor(golden(intent) * 3)]!));
        if (row === undefined) return out;
        out.push({ row, time: START + (out.length * DAY) / WEEKDAY });
      }
    case "incidents": {
      // Every 3,000 events one known intent takes 30 % for 100 events: real, and over soon.
      let hot = known.any();
      for (;;) {
        const phase = out.length % 3000;
        if (phase === 0) hot = known.any();
        const during = out.length > 3000 && phase < 100 && uniform(random) < 0.3;
        const row = during ? (known.of(hot) ?? plain()) : plain();
        if (row === undefined) return out;
        out.push({ row });
      }
    }
  }
}

interface Pool {
  /** A row at random, intents by weight; undefined when the one wanted has none left. */
  draw(weight?: (intent: number) => number): number | undefined;
  of(intent: number): number | undefined;
  any(): number;
}

function pool(corpus: Corpus, rows: readonly number[], random: Random): Pool {
  const queues = new Map<string, number[]>();
  for (const row of shuffle([...rows], random)) {
    const intent = corpus.intents[row]!;
    const queue = queues.get(intent);
    if (queue === undefined) queues.set(intent, [row]);
    else queue.push(row);
  }
  const all = [...queues.values()];
  const any = (): number => Math.floor(uniform(random) * all.length);
  return {
    any,
    of: (intent) => all[intent]!.pop(),
    draw(weight) {
      for (;;) {
        const intent = any();
        if (weight !== undefined && uniform(random) * 2 >= weight(intent)) continue;
        return all[intent]!.pop();
      }
    },
  };
}

/** Spread evenly over [0, 1). */
function golden(i: number): number {
  return (i * 0.618033988749895) % 1;
}
