import fc from "fast-check";
import { expect, test } from "vitest";
import { createFlatReader } from "./flat.ts";
import { isRejection, parseJson } from "./json.ts";

const NAMES = ["value", "key", "time", "id"] as const;
const read = createFlatReader(NAMES.map((name) => `/${name}`))!;

/** Read from the middle of other bytes, as records stand in a batch. */
function flat(text: string | Uint8Array): Record<string, unknown> | null {
  const bytes = Buffer.from(text as string);
  const among = Buffer.concat([Buffer.from('{"key":"before"}'), bytes, Buffer.from('"}')]);
  return createFlatReader(NAMES.map((name) => `/${name}`))!(among, 16, 16 + bytes.length);
}

/** The wanted members as JSON.parse has them; null: refused. */
function parsed(text: string | Uint8Array): Record<string, unknown> | null {
  const result = parseJson(Buffer.from(text as string));
  if (isRejection(result) || typeof result.value !== "object" || result.value === null) return null;
  return Object.fromEntries(
    NAMES.flatMap((name) =>
      Object.hasOwn(result.value as object, name) ? [[name, (result.value as Record<string, unknown>)[name]]] : [],
    ),
  );
}

test.each([
  ['{"key":"tenant-1","value":0.5,"service":"checkout","id":"7"}', { key: "tenant-1", value: 0.5, id: "7" }],
  [' {\t"value" : -12.250 ,\n"key":\r"ü€😀", "ok":true } ', { value: -12.25, key: "ü€😀" }],
  ['{"value":0,"key":null,"time":1700000000123}', { value: 0, key: null, time: 1700000000123 }],
  ['{"value":123456789012345678,"id":0.1000000000000000055511}', { value: 123456789012345680, id: 0.1 }],
  ['{"value":1,"value":2}', { value: 2 }],
  ['{"other":false}', {}],
])("plain: %s", (text, expected) => {
  expect(flat(text)).toEqual(expected);
  expect(parsed(text)).toEqual(expected);
});

test("minus zero stays one", () => expect(Object.is(flat('{"value":-0.0}')?.value, -0)).toBe(true));

const LEFT = [
  "",
  "{}",
  "[]",
  "12",
  '{"value":1e3}',
  '{"value":01}',
  '{"value":1.}',
  '{"value":.5}',
  '{"value":+1}',
  '{"value":-}',
  '{"value":NaN}',
  '{"value":tru}',
  '{"value":truex}',
  '{"value":1,}',
  '{"value":1',
  '{"value":1}}',
  '{"value":1} x',
  "{value:1}",
  '{"value":[1]}',
  '{"value":{"a":1}}',
  '{"key":"a\\u0000"}',
  '{"k\\u0065y":"a"}',
  '{"key":"a\nb"}',
  '{"key":"a',
  '{"key"',
  '\ufeff{"key":"a"}',
];
test.each(LEFT)("left to the parser: %j", (text) => expect(flat(text)).toBeNull());

test("bytes that are not UTF-8 are left to the parser, wherever they stand", () => {
  for (const name of ["key", "other"])
    expect(flat(Buffer.concat([Buffer.from(`{"${name}":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]))).toBeNull();
});

const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: "binary", maxLength: 4 }));
const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
const member = fc.tuple(fc.oneof(fc.constantFrom<string>(...NAMES), text), scalar);
const spaced = fc.constantFrom("", " ", "\n\t");

test("what it reads is what JSON.parse has, of any flat object", () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 6 }), spaced, (members, gap) => {
      const written = members.map(
        ([name, value]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(value)}`,
      );
      const record = `${gap}{${written.join(`${gap},`)}${gap}}${gap}`;
      const got = flat(record);
      if (got === null) return;
      plain++;
      expect(got).toEqual(parsed(record));
    }),
    { numRuns: 1000 },
  );
  expect(plain).toBeGreaterThan(100);
});

test("numbers come out to the last bit", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), fc.nat(17), (value, digits) => {
      for (const written of [JSON.stringify(value), value.toFixed(digits)]) {
        const got = flat(`{"value":${written}}`);
        if (got !== null) expect(Object.is(got.value, JSON.parse(written))).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

test("whatever bytes are changed, it never takes what the parser refuses or reads otherwise", () => {
  const good = Buffer.from('{"key":"tenant-1","value":-10.25,"ok":true,"id":null,"note":"é"}');
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.nat(good.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[],:"\\ -0e.')))),
        {
          maxLength: 4,
        },
      ),
      (edits) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of edits) bytes[at] = byte;
        const got = flat(bytes);
        if (got !== null) expect(got).toEqual(parsed(bytes));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a stream that is not plain is looked at seldom, one that becomes plain again is read again", () => {
  const nested = Buffer.from('{"value":{"a":1}}');
  const plain = Buffer.from('{"value":1}');
  for (let i = 0; i < 100; i++) expect(read(nested, 0, nested.length)).toBeNull();
  const found = Array.from({ length: 40 }, () => read(plain, 0, plain.length)).findIndex((each) => each !== null);
  expect(found).toBeGreaterThan(0);
  expect(read(plain, 0, plain.length)).toEqual({ value: 1 });
});

test("what is nested, or every object's own, is never read from the bytes", () => {
  for (const pointer of ["", "/a/b", "/constructor", "/é"]) expect(createFlatReader(["/value", pointer])).toBeNull();
});
