/** Fit of 1,000 short texts and encoding of 40–60 character texts: `node --import tsx bench/hash-encoder.ts`. */
import { encodeMany, fitHashEncoder, saveEncoder } from "../detectors/short-text/hash-encoder.ts";
import { createRandom, type Random, uniform } from "../detectors/statistics/random.ts";

const random = createRandom("bench");
const words = Array.from({ length: 2500 }, () => madeWord(random));
const fitting = Array.from({ length: 1000 }, () => madeText(random));
const others = Array.from({ length: 20_000 }, () => madeText(random));

const encoder = fitHashEncoder(fitting, 1);
const fits = [1, 2, 3].map((seed) => cpuMs(() => fitHashEncoder(fitting, seed)));
encodeMany(encoder, others);
const encodes = [1, 2, 3].map(() => cpuMs(() => encodeMany(encoder, others)));

const length = others.reduce((sum, text) => sum + text.length, 0) / others.length;
console.log(`made texts, Zipf words, mean ${length.toFixed(0)} characters; process CPU, best of 3`);
console.log(`fit of ${fitting.length} texts   ${Math.min(...fits).toFixed(0)} ms`);
console.log(`encode             ${((Math.min(...encodes) * 1000) / others.length).toFixed(1)} µs per text`);
console.log(`saved encoder      ${(saveEncoder(encoder).length / 1e6).toFixed(2)} MB`);

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

function madeWord(r: Random): string {
  return Array.from({ length: 2 + Math.floor(uniform(r) * 8) }, () =>
    String.fromCharCode(97 + Math.floor(uniform(r) ** 1.5 * 26)),
  ).join("");
}

function madeText(r: Random): string {
  const most = 40 + uniform(r) * 20;
  let text = "";
  while (text.length < most) text += `${words[Math.floor(words.length ** uniform(r)) - 1]!} `;
  return text.trim();
}
