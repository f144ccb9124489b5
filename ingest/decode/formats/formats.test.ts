import avro from "avsc";
import fc from "fast-check";
import protobuf from "protobufjs";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import type { RawRecord } from "../../../engine/source.ts";
import { startRegistry, withSchemaId } from "../../../test/support/registry.ts";
import { createRegistry } from "../../registry/registry.ts";
import { createDecoder } from "../decoder.ts";
import { LIMITS } from "../json.ts";
import { compileAvro } from "./avro.ts";
import { cloudEventsFormat } from "./cloudevents.ts";
import type { Format } from "./format.ts";
import { compileProtobuf } from "./protobuf.ts";
import { registeredFormat } from "./registered.ts";

const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;
const server = await startRegistry(authorization);
afterAll(() => server.close());
const registry = createRegistry({ url: `${server.url}/`, username: "u", password: "p" });

function record(value: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): RawRecord {
  const list = Object.entries(headers).map(([name, text]) => ({ name, value: Buffer.from(text) }));
  return { offset: 0, key: null, value: Buffer.from(value), time: 7, headers: list };
}

async function parse(format: Format, one: RawRecord): Promise<unknown> {
  await format.prepare?.([one], 0, 1);
  const parsed = format.parse(one);
  return "reason" in parsed ? parsed : parsed.value;
}

const cloudEvents = cloudEventsFormat(LIMITS);

test("a binary CloudEvent: data, and its attributes beside it", async () => {
  const headers = {
    ce_specversion: "1.0",
    ce_id: "e-1",
    ce_source: "/checkout",
    ce_type: "latency",
    ce_time: "2026-03-01T13:47:00Z",
    "content-type": "application/json; charset=utf-8",
  };
  const one = record('{"value":12.5,"key":"k"}', headers);
  const { "content-type": _, ...attributes } = headers;
  const ce = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.slice(3), value]));
  expect(await parse(cloudEvents, one)).toEqual({ id: "e-1", time: headers.ce_time, value: 12.5, key: "k", ce });
  const decode = createDecoder({
    event: z.strictObject({ value: z.number() }),
    format: cloudEvents,
    key: "/ce/source",
  });
  const time = Date.parse(headers.ce_time);
  expect(decode(one)).toMatchObject({ key: "/checkout", event: { value: 12.5 }, time, id: "e-1" });
});

test("a structured CloudEvent: data as JSON, as base64, and what is no object", async () => {
  const ce = { specversion: "1.0", id: "1", source: "s", type: "t" };
  const structured = (more: object) =>
    parse(cloudEvents, record(JSON.stringify({ ...ce, ...more }), { "content-type": "application/cloudevents+json" }));
  expect(await structured({ data: { value: 1, id: "own" } })).toEqual({ id: "own", time: undefined, value: 1, ce });
  const base64 = Buffer.from('{"value":2}').toString("base64");
  expect(await structured({ data_base64: base64 })).toMatchObject({ value: 2, ce });
  expect(await structured({ data: 3 })).toMatchObject({ data: 3, id: "1" });
});

test.each([
  ["no CloudEvent", "{}", {}, /no specversion/],
  ["not JSON", "{", {}, /not JSON/],
  ["a batch", "[]", { "content-type": "application/cloudevents-batch+json" }, /Batches/],
  ["other data", "<a/>", { ce_specversion: "1.0", "content-type": "text/xml" }, /text\/xml, not JSON/],
] as const)("%s is rejected with its reason", async (_, value, headers, why) => {
  expect(await parse(cloudEvents, record(value, headers))).toMatchObject({ detail: expect.stringMatching(why) });
});

const POINT = '{"type":"record","name":"Point","namespace":"a","fields":[{"name":"x","type":"double"}]}';
const EVENT = {
  type: "record",
  name: "Event",
  namespace: "a",
  fields: [
    { name: "value", type: ["null", "double"], default: null },
    { name: "key", type: ["int", "string"] },
    { name: "count", type: "long" },
    { name: "at", type: { type: "long", logicalType: "timestamp-micros" } },
    { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
    { name: "embedding", type: "bytes" },
    { name: "point", type: "Point" },
    { name: "tags", type: { type: "map", values: "string" } },
    { name: "kind", type: { type: "enum", name: "Kind", symbols: ["A", "B"] } },
  ],
};

function avroBytes(value: object): Buffer {
  const named: Record<string, avro.Type> = {};
  avro.Type.forSchema(JSON.parse(POINT), { registry: named });
  return avro.Type.forSchema(EVENT as avro.Schema, { registry: named, wrapUnions: true }).toBuffer(value);
}

const avroEvent = {
  value: { double: 2.5 },
  key: { string: "k" },
  count: 1_000_000_000_000,
  at: 1_700_000_000_000_000,
  price: Buffer.from([0xff, 0x38]),
  embedding: Buffer.from([1, 2, 3]),
  point: { x: 1 },
  tags: { a: "nul\0" },
  kind: "B",
};

test("Avro through the registry: unions, times, decimals, bytes, schemas that refer to others", async () => {
  server.register("point", { schema: POINT });
  const references = [{ name: "a.Point", subject: "point", version: 1 }];
  const id = server.register("event", { schema: JSON.stringify(EVENT), references });
  const format = registeredFormat(registry, compileAvro(LIMITS), LIMITS);
  const one = record(withSchemaId(id, avroBytes(avroEvent)));
  const expected = {
    value: 2.5,
    key: "k",
    count: 1_000_000_000_000,
    at: 1_700_000_000_000,
    price: -2,
    embedding: "AQID",
    point: { x: 1 },
    tags: { a: "nul\ufffd" },
    kind: "B",
  };
  expect(await parse(format, one)).toEqual(expected);
  expect(await parse(format, record(withSchemaId(id, avroBytes({ ...avroEvent, value: null }))))).toMatchObject({
    value: null,
  });
  const before = server.asked.length;
  expect(await parse(format, one)).toEqual(expected);
  expect(server.asked).toHaveLength(before);
});

const PROTO = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "common.proto";
message Other { int32 n = 1; }
message Event {
  message Inner { double value = 1; }
  double value = 1;
  string key = 2;
  int64 count = 3;
  google.protobuf.Timestamp time = 4;
  bytes embedding = 5;
  repeated shop.common.Label labels = 6;
  optional double missing = 7;
  Level level = 8;
}
enum Level { LOW = 0; HIGH = 1; }
`;
const COMMON = 'syntax = "proto3"; package shop.common; message Label { string name = 1; }';

function protoBytes(type: string, value: object): Uint8Array {
  const root = new protobuf.Root();
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")!.nested!);
  protobuf.parse(COMMON, root, { keepCase: true });
  protobuf.parse(PROTO, root, { keepCase: true });
  const message = root.lookupType(type);
  return message.encode(message.fromObject(value)).finish();
}

test("Protobuf through the registry: any message of the file, times, defaults, imports", async () => {
  server.register("common", { schema: COMMON, schemaType: "PROTOBUF" });
  const references = [{ name: "common.proto", subject: "common", version: 1 }];
  const id = server.register("shop", { schema: PROTO, schemaType: "PROTOBUF", references });
  const format = registeredFormat(registry, compileProtobuf(LIMITS), LIMITS);
  const event = {
    key: "k",
    count: 5,
    time: { seconds: 1_700_000_000, nanos: 500_000_000 },
    embedding: Buffer.from([1, 2, 3]),
    labels: [{ name: "a" }],
    level: 1,
  };
  // Index 1: the second message; 1, 0: the first inside it. Zigzag: twice as much.
  const one = record(withSchemaId(id, Buffer.concat([Buffer.from([2, 2]), protoBytes("shop.Event", event)])));
  expect(await parse(format, one)).toEqual({
    value: 0,
    key: "k",
    count: 5,
    time: "2023-11-14T22:13:20.500Z",
    embedding: "AQID",
    labels: [{ name: "a" }],
    level: "HIGH",
  });
  const inner = Buffer.concat([Buffer.from([4, 2, 0]), protoBytes("shop.Event.Inner", { value: 2 })]);
  expect(await parse(format, record(withSchemaId(id, inner)))).toEqual({ value: 2 });
  const first = Buffer.concat([Buffer.from([0]), protoBytes("shop.Other", { n: 3 })]);
  expect(await parse(format, record(withSchemaId(id, first)))).toEqual({ n: 3 });
});

test("what has no schema, an unknown one, one of another kind, or does not fit it is rejected", async () => {
  const avroFormat = registeredFormat(registry, compileAvro(LIMITS), LIMITS);
  const id = server.register("n", { schema: '"double"' });
  const proto = server.register("p", { schema: PROTO, schemaType: "PROTOBUF" });
  for (const [value, why] of [
    ["{}", /does not begin with the id of a schema/],
    [withSchemaId(9999, Buffer.alloc(0)), /knows no schema 9999/],
    [withSchemaId(proto, Buffer.alloc(0)), /cannot be used: it is of kind PROTOBUF/],
    [withSchemaId(id, Buffer.alloc(3)), /does not fit schema/],
  ] as const) {
    expect(await parse(avroFormat, record(value))).toMatchObject({
      reason: "schema",
      detail: expect.stringMatching(why),
    });
  }
});

test("a registry that is away is told, retried, and no record is lost meanwhile", async () => {
  const format = registeredFormat(registry, compileAvro(LIMITS), LIMITS);
  const id = server.register("later", { schema: '"double"' });
  const body = Buffer.alloc(8);
  body.writeDoubleLE(4.5);
  const one = record(withSchemaId(id, body));
  server.down = true;
  await expect(format.prepare!([one], 0, 1)).rejects.toMatchObject({ code: "REGISTRY_UNAVAILABLE", retryable: true });
  server.down = false;
  expect(await parse(format, one)).toBe(4.5);
  const stranger = createRegistry({ url: server.url });
  await expect(stranger.fetch(id)).rejects.toThrow(/answered 401/);
});

test("any bytes behind a header are a value or a rejection", async () => {
  const formats = [
    [registeredFormat(registry, compileAvro(LIMITS), LIMITS), server.register("fa", { schema: POINT })],
    [
      registeredFormat(registry, compileProtobuf(LIMITS), LIMITS),
      server.register("fp", { schema: COMMON, schemaType: "PROTOBUF" }),
    ],
  ] as const;
  for (const [format, id] of formats) {
    await format.prepare!([record(withSchemaId(id, Buffer.alloc(0)))], 0, 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const parsed = format.parse(record(withSchemaId(id, bytes)));
        expect("reason" in parsed ? parsed.reason : "value" in parsed).toBeTruthy();
      }),
      { numRuns: 500 },
    );
  }
});
