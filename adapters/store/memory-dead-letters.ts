import type { DEAD_LETTER_STATES, DeadLetters } from "../../engine/dead-letters.ts";
import type { LaneName } from "../../engine/store.ts";
import { cursor, matches, take } from "./memory-records.ts";
import type { Tables } from "./memory-tables.ts";
import { page } from "./page.ts";

export function memoryDeadLetters(tables: Tables, now: () => number, changed: () => void): DeadLetters {
  const rows = () => [...tables.deadLetters.values()];
  return {
    async deadLetters({ after, limit, ...filter }) {
      const query = { limit, ...(after === undefined ? {} : { after }) };
      const found = take(tables.deadLetters.values(), "newest", query, ({ letter }) => matches(letter, filter));
      return page(found, limit, cursor, (row) => row.letter);
    },
    async deadLetterCounts(monitor) {
      const counts: Record<string, number> = {};
      for (const { letter } of rows()) {
        if (letter.state === "replayed" || !matches(letter, { monitor })) continue;
        counts[letter.reason] = (counts[letter.reason] ?? 0) + 1;
      }
      return counts;
    },
    async deadLetterStates(filter) {
      const count = (state: (typeof DEAD_LETTER_STATES)[number]) =>
        rows().filter(({ letter }) => letter.state === state && matches(letter, filter)).length;
      return { kept: count("kept"), asked: count("asked"), replayed: count("replayed") };
    },
    async askReplay(run, filter) {
      const asked = rows().filter(({ letter }) => matches(letter, { ...filter, run, state: "kept" }));
      for (const row of asked) row.letter = { ...row.letter, state: "asked" };
      if (asked.length > 0) changed();
      return asked.length;
    },
    async lanesAsked(run) {
      const lanes = new Map<string, LaneName>();
      for (const { letter } of rows()) {
        const { monitor, topic, partition, state } = letter;
        if (letter.run === run && state === "asked")
          lanes.set(JSON.stringify([monitor, topic, partition]), { run, monitor, topic, partition });
      }
      return [...lanes.values()];
    },
    async pendingReplays(lane, limit) {
      return rows()
        .filter(({ letter }) => matches(letter, { ...lane, state: "asked" }))
        .slice(0, limit)
        .map(({ letter }) => letter);
    },
    async stillAsked(sequences) {
      return rows()
        .filter(({ sequence, letter }) => letter.state === "asked" && sequences.includes(sequence))
        .map(({ sequence }) => sequence);
    },
    async takeTopicOut(limit, leaseMs) {
      const due = rows().filter((row) => row.topicOut !== null && row.topicOutAt <= now());
      const taken = due.slice(0, limit);
      for (const row of taken) row.topicOutAt = now() + leaseMs;
      return taken.map(({ letter, topicOut }) => ({ letter, topicOut: topicOut! }));
    },
    async finishTopicOut(sequences) {
      const done = new Set(sequences);
      for (const row of rows()) if (done.has(row.sequence)) row.topicOut = null;
    },
  };
}
