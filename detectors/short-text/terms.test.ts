import { expect, test } from "vitest";
import { distinctiveTerms, indexTerms, termsIn, withoutSome } from "./terms.ts";

const everyday = indexTerms([
  ...Array.from({ length: 50 }, (_, i) => `please show me the balance of my account ${i}`),
  ...Array.from({ length: 50 }, () => "what is my credit limit"),
]);

test("terms are what the group says and the reference does not", () => {
  const group = [
    "my card is frozen",
    "why is the card frozen?",
    "Frozen card again, please help",
    "show me the frozen card",
  ];
  expect(distinctiveTerms(group, everyday, 3)).toEqual(["frozen", "card"]);
});

test("a pair that is said as often as its words takes their place", () => {
  const group = Array.from({ length: 6 }, (_, i) => `weapons inspectors found nothing in place ${"abcdef"[i]}`);
  const terms = distinctiveTerms(group, everyday, 6);
  expect(terms).toContain("weapons inspectors");
  expect(terms).not.toContain("weapons");
  expect(terms).not.toContain("inspectors");
});

test("a word and its plural count as one thing to say", () => {
  const group = ["order checks", "new checks", "a check", "one check", "check checks"];
  const terms = distinctiveTerms(group, everyday, 6);
  expect(terms.filter((term) => term.startsWith("check"))).toHaveLength(1);
});

test("a word that everybody always says is no term however often it comes", () => {
  const group = Array.from({ length: 10 }, () => "the balance of my account in euro");
  expect(distinctiveTerms(group, indexTerms(Array(100).fill("the balance of my account")), 6)).toEqual(["euro"]);
});

test("an index without some of its texts is that of the others", () => {
  const texts = ["a frozen card", "the card again", "frozen peas", "frozen card, frozen peas"];
  const [some, others] = [texts.slice(0, 2), texts.slice(2)];
  const rest = withoutSome(indexTerms(texts), some);
  const wanted = indexTerms(others);
  expect(rest.texts).toBe(wanted.texts);
  for (const term of texts.flatMap((text) => [...termsIn(text)])) {
    expect([term, rest.frequency.get(term)]).toEqual([term, wanted.frequency.get(term) ?? 0]);
  }
});

test("pairs do not reach over plain words, and numbers alone are no terms", () => {
  expect([...termsIn("Weapons of mass destruction in 2003")]).toEqual([
    "weapons",
    "mass",
    "destruction",
    "mass destruction",
  ]);
  expect([...termsIn("America’s regime")]).toEqual(["america", "regime", "america regime"]);
});

test("scripts without blanks are parted into words", () => {
  const terms = [...termsIn("我的快递因为罢工还没有到，怎么退款？")];
  expect(terms).toEqual(expect.arrayContaining(["快递", "罢工", "退款"]));
  expect([...termsIn("ストライキで荷物が届きません。返金して")]).toEqual(
    expect.arrayContaining(["ストライキ", "荷物", "返金"]),
  );
  expect([...termsIn("พัสดุยังไม่ถึง")]).toContain("พัสดุ");
});
