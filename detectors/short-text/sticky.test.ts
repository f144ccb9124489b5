import { expect, test } from "vitest";
import { stickyToken } from "./sticky.ts";

const clean = [
  "where is my card?",
  "I can't log in...",
  "cost: $5.00 (really!)",
  "my e-mail is a.b@c.de",
  "why #2, and 50%?",
];

test.each([
  ["<unk>", (text: string) => `${text} <unk>`],
  ["###", (text: string) => `### ${text}`],
  ["{{name}}", (text: string) => `hello {{name}}, ${text}`],
  ["😀", (text: string) => `${text} 😀!`],
  ["\uFFFD", (text: string) => `${text}\uFFFD`],
  ["\u200B", (text: string) => `${text.slice(0, 3)}\u200B${text.slice(3)}`],
])("%s in most texts is named", (token, spoil) => {
  const texts = Array.from({ length: 20 }, (_, i) => (i % 4 === 0 ? clean[i % 5]! : spoil(clean[i % 5]!)));
  expect(stickyToken(texts, clean)).toBe(token);
});

test("ordinary texts with their signs, prices and addresses have none", () => {
  expect(
    stickyToken(
      Array.from({ length: 20 }, (_, i) => clean[i % 5]!),
      [],
    ),
  ).toBeNull();
  expect(
    stickyToken(
      Array.from({ length: 20 }, () => "cost: $5.00 (really!)"),
      [],
    ),
  ).toBeNull();
});

test("a token that the reference has as often is none", () => {
  const texts = Array.from({ length: 20 }, (_, i) => `${clean[i % 5]!} <br>`);
  expect(stickyToken(texts, texts)).toBeNull();
});

test("a few texts prove nothing", () => {
  expect(stickyToken(["a <unk>", "b <unk>", "c <unk>"], clean)).toBeNull();
});
