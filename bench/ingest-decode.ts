/** Process CPU of decoding per event, JSON.parse apart. `node --import tsx bench/ingest-decode.ts` */
import { z } from "zod";
import { createDecoder } from "../ingest/decode/decoder.ts";

const numeric = z
  .strictObject({ value: z.number().optional(), error: z.union([z.literal(0), z.literal(1)]).optional() })
  .refine((event) => (event.value === undefined) !== (event.error === undefined));
const plain = z.strictObject({ value: z.number() });
const text = z.strictObject({
  text: z.string(),
  session: z.string().optional(),
  embedding: z.union([z.array(z.number()), z.string()]).optional(),
});

const small = Array.from({ length: 1000 }, (_, i) =>
  Buffer.from(`{"key":"k${i % 50}","value":${(i * 1.37).toFixed(4)}}`),
);
const pad = "x".repeat(130);
const padded = small.map((value) => Buffer.from(`${String(value).slice(0, -1)},"note":"${pad}"}`));
const timed = small.map((value) => Buffer.from(`${String(value).slice(0, -1)},"time":"2024-05-06T07:08:09.123Z"}`));
const base64 = Buffer.from(new Float32Array(384).map(Math.random).buffer).toString("base64");
const embedded = small.map((_, i) => Buffer.from(JSON.stringify({ text: `where is my card ${i}`, embedding: base64 })));
const array = small.map((_, i) =>
  Buffer.from(JSON.stringify({ text: `text ${i}`, embedding: Array.from({ length: 384 }, Math.random) })),
);

measure("numeric, plain schema", plain, small, 1_000_000);
measure("numeric, refined schema", numeric, small, 1_000_000);
measure("numeric, 195 bytes", numeric, padded, 1_000_000);
measure("numeric, RFC 3339 time", numeric, timed, 1_000_000);
measure("short-text, base64 embedding", text, embedded, 100_000);
measure("short-text, array embedding", text, array, 20_000);

function measure(name: string, event: z.ZodObject, values: readonly Buffer[], count: number): void {
  const decode = createDecoder({ event });
  const records = values.map((value, offset) => ({ offset, key: null, value, time: null }));
  const parse = cpu(count, (i) => JSON.parse(values[i % values.length]!.toString("utf8")));
  const whole = cpu(count, (i) => decode(records[i % records.length]!));
  const figures = [whole, parse, whole - parse].map((micros) => micros.toFixed(2).padStart(7));
  console.log(`${name.padEnd(30)} µs: whole ${figures[0]}  JSON.parse ${figures[1]}  on top ${figures[2]}`);
}

function cpu(count: number, work: (i: number) => unknown): number {
  for (let i = 0; i < count / 2; i++) work(i);
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) work(i);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / count;
}
