import fc from "fast-check";
import { expect, test } from "vitest";
import { splitSentences } from "./sentences.ts";
import { sotuSentences } from "./sotu.ts";

test.each([
  ["abbreviations", "Mr. Speaker, I thank you all. Dr. King had a dream once.", 2],
  ["initials", "John F. Kennedy said it before us. We ask the U.N. Security Council today.", 2],
  ["a country at the end", "We are proud of the U.S. And we will be proud tomorrow.", 2],
  ["figures with points", "It costs $5.5 million every year. In No. 5 of the list it stands.", 2],
  ["hours", "They met at 9 p.m. Eastern time in the city. It was late for all.", 2],
  ["quotes", '"We will never give up the fight." That is what he told me.', 2],
  ["ellipses", "There is so much more to do... and so little time for it. . . . We begin today, my friends.", 2],
  ["questions inside", "Who knows? nobody here can know that. But we can hope for it!", 2],
  ["a missing blank", "We will build the road again.Then we will go on it.", 2],
])("%s do not mislead the splitter", (_what, speech, count) => {
  expect(splitSentences(speech)).toHaveLength(count);
});

test("notes of the stenographer are gone and their places closed", () => {
  expect(splitSentences("I thank [Applause] all of you . (Laughter.) We go on now -- together.")).toEqual([
    "I thank all of you.",
    "We go on now — together.",
  ]);
});

test("pieces without a thought are left out, endless ones parted at a joint", () => {
  expect(splitSentences("Thank you. Thank you very much, my friends. Sit down.")).toEqual([
    "Thank you very much, my friends.",
  ]);
  const half = Array.from({ length: 45 }, (_, i) => `word${i}`).join(" ");
  expect(splitSentences(`${half}; ${half}.`).map((piece) => piece.split(" ").length)).toEqual([45, 45]);
});

test("every piece is at most 60 words long and no word is lost but those of dropped pieces", () => {
  const word = fc.constantFrom("We", "go", "on,", "Mr.", "U.S.", "and", "stop.", "Why?", "now;", "—", "5", "it");
  fc.assert(
    fc.property(fc.array(word, { maxLength: 300 }), (words) => {
      const speech = words.join(" ");
      const found = splitSentences(speech);
      for (const piece of found) expect(piece.split(" ").filter((w) => w !== "—").length).toBeLessThanOrEqual(60);
      let at = 0;
      for (const piece of found) {
        at = speech.indexOf(piece, at);
        expect(at).toBeGreaterThanOrEqual(0);
        at += piece.length;
      }
    }),
  );
});

test("the addresses come in time order, in sessions of at most ten sentences of one year", () => {
  const sentences = sotuSentences(2001, 2005);
  expect(sentences.length).toBeGreaterThan(1000);
  const sessions = new Map<string, number>();
  sentences.forEach(({ session, year, time, text }, i) => {
    if (i > 0) expect(time > sentences[i - 1]!.time).toBe(true);
    expect(session.startsWith(`${year}-`)).toBe(true);
    expect(text).not.toMatch(/applause|laughter|\s\s/i);
    sessions.set(session, (sessions.get(session) ?? 0) + 1);
  });
  expect(Math.max(...sessions.values())).toBe(10);
});
