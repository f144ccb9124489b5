import fc from "fast-check";
import { expect, test } from "vitest";
import { createRecentIds, keepId, knowsId, packIds, unpackIds } from "./recent-ids.ts";

test("the newest ids are known, no others, however often they are packed, and fewer where fewer are wanted", () => {
  const ids = fc.array(fc.oneof(fc.integer({ max: 60 }).map(String), fc.string({ maxLength: 3 })), { maxLength: 200 });
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), (stream, most, packEvery) => {
      let known = createRecentIds(most);
      const model: string[] = [];
      stream.forEach((id, i) => {
        expect(knowsId(known, id)).toBe(model.includes(id));
        if (model.includes(id)) return;
        keepId(known, id);
        model.push(id);
        if (model.length > most) model.shift();
        if (i % packEvery === 0) known = unpackIds(packIds(known), most);
      });
      expect(packIds(known)).toHaveLength(model.length);
      const fewer = unpackIds(packIds(known), Math.ceil(most / 2));
      for (const [i, id] of model.toReversed().entries()) expect(knowsId(fewer, id)).toBe(i < Math.ceil(most / 2));
    }),
  );
});

test("ids that differ little are told apart", () => {
  const known = createRecentIds(100_000);
  let taken = 0;
  for (let i = 0; i < 100_000; i++) {
    const id = i % 2 === 0 ? `event-${i}` : `${"0".repeat(i % 7)}${i}`;
    if (knowsId(known, id)) taken++;
    keepId(known, id);
  }
  expect(taken).toBe(0);
});
