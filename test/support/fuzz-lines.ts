import { createRandom, nextUint32, uniform } from "../../detectors/statistics/random.ts";

const ODD_TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00 low first",
  "👩‍👩‍👧‍👦 family",
  "'; DROP TABLE signal; --",
  "<script>alert(1)</script>",
  "\\u0000",
  "${jndi:ldap://x}",
  "\u202eright to left",
  "ﬁ ligature ㍿",
  "line\nbreak\ttab",
  "__proto__",
  "constructor",
  "a".repeat(5000),
];
const ODD_NUMBERS = [
  "1e308",
  "-1e308",
  "1e400",
  "-0",
  "1e-400",
  "1e101",
  "9007199254740993",
  "0.1e1",
  "NaN",
  "Infinity",
  "-Infinity",
  "0x10",
  "01",
  "1.",
  "null",
  "true",
  '"1"',
  "[1]",
  "{}",
];

/** Deterministic garbage with honest events between, as bytes without line ends. `share` of them are honest. */
export function* fuzzLines(
  count: number,
  seed: number,
  honest: (index: number) => string,
  field: string,
  share = 0.4,
): Generator<Buffer> {
  const random = createRandom("fuzz", seed);
  const pick = <T>(from: readonly T[]): T => from[nextUint32(random) % from.length]!;
  const key = (): string =>
    uniform(random) < 0.5 ? "" : `"key":${pick(ODD_TEXTS.map((t) => JSON.stringify(t)).concat(ODD_NUMBERS))},`;
  const id = (): string => (uniform(random) < 0.5 ? "" : `"id":${JSON.stringify(pick(ODD_TEXTS))},`);
  const time = (): string =>
    uniform(random) < 0.7
      ? ""
      : `"time":${pick(['"2026-01-01T00:00:00Z"', '"yesterday"', "1e20", "-1", "1700000000000", '""', "{}", "null"])},`;
  for (let i = 0; i < count; i++) {
    const u = uniform(random);
    if (u < share) yield Buffer.from(honest(i));
    else if (u < share + 0.1) yield cut(Buffer.from(honest(i)), nextUint32(random));
    else if (u < share + 0.2) yield Buffer.from(`{${key()}${id()}${time()}"${field}":${pick(ODD_NUMBERS)}}`);
    else if (u < share + 0.3)
      yield Buffer.from(`{${key()}${id()}${time()}"${field}":${JSON.stringify(pick(ODD_TEXTS))}}`);
    else if (u < share + 0.35)
      yield Buffer.from(`{"key":"k${i % 7}","${field}":${"[".repeat(1 + (i % 60))}${"]".repeat(1 + (i % 60))}}`);
    else if (u < share + 0.4) yield noise(1 + (nextUint32(random) % 80), random);
    else if (u < share + 0.45)
      yield Buffer.from(
        pick(["null", "[]", "1", '"text"', "{}", "", " ", "{", "}", "true", '{"":{}}', '{"__proto__":{"value":1}}']),
      );
    else if (u < share + 0.5)
      yield Buffer.from(
        `{"key":"k","${field}":1,"embedding":${pick(["[]", "[1,2]", '"AAAA"', '"not base64!"', "[null]", "[1e400]", "{}"])}}`,
      );
    else if (u < share + 0.5002) yield Buffer.from(`{"key":"k","${field}":"${"x".repeat(4 << 20)}"}`);
    else
      yield Buffer.from(
        `{${key()}${id()}"${field}":${uniform(random) < 0.5 ? JSON.stringify(pick(ODD_TEXTS)) : uniform(random)},"x":${pick(ODD_NUMBERS)}}`,
      );
  }
}

function cut(bytes: Buffer, by: number): Buffer {
  return bytes.subarray(0, by % Math.max(1, bytes.length));
}

function noise(length: number, random: ReturnType<typeof createRandom>): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = nextUint32(random) & 255;
  // A line end would make two lines of it.
  return Buffer.from(bytes.map((b) => (b === 10 || b === 13 ? 32 : b)));
}
