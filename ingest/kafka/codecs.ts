import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import kafkajs from "kafkajs";
import { decompressLz4 } from "./lz4.ts";
import { decompressSnappy, MOST_BYTES } from "./snappy.ts";

const gunzip = promisify(zlib.gunzip);
const gzip = promisify(zlib.gzip);

/** Value of the records that stand for a batch which could not be decompressed, followed by why. */
const POISON = Buffer.concat([Buffer.from("tidegauge-poison:"), randomBytes(16)]);
let poisoned = 0;
let registered = false;

/**
 * In kafkajs one batch that cannot be decompressed fails the whole fetch, with the partitions of all topics, and does
 * not say which it was. So the codecs do not fail: they answer with marked records, which only their partition sees.
 */
export function registerCodecs(): void {
  if (registered) return;
  registered = true;
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  codecs[types.GZIP] = () =>
    codec((data) => gunzip(data, { maxOutputLength: MOST_BYTES }), { compress: ({ buffer }) => gzip(buffer) });
  codecs[types.Snappy] = () => codec(decompressSnappy);
  codecs[types.LZ4] = () => codec(decompressLz4);
  codecs[types.ZSTD] = () => codec(decompressZstd);
}

/** Why the record's batch could not be read; null for an ordinary record. */
export function poisonOf(value: Buffer | null): string | null {
  if (poisoned === 0 || value === null || !value.subarray(0, POISON.length).equals(POISON)) return null;
  return value.subarray(POISON.length).toString();
}

interface Encoder {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
}

function codec(decompress: (data: Buffer) => Buffer | Promise<Buffer>, encoder?: Encoder) {
  return {
    ...encoder,
    async decompress(data: Buffer): Promise<Buffer> {
      try {
        return await decompress(data);
      } catch (error) {
        poisoned += 1;
        return poisonRecords(data, error as Error);
      }
    },
  };
}

/** Node has it from 22.15 on. */
async function decompressZstd(data: Buffer): Promise<Buffer> {
  const { zstdDecompress } = zlib as unknown as {
    zstdDecompress?: (data: Buffer, options: object, done: (error: Error | null, result: Buffer) => void) => void;
  };
  if (zstdDecompress === undefined) throw new RangeError("zstd needs Node 22.15 or newer");
  return promisify(zstdDecompress)(data, { maxOutputLength: MOST_BYTES });
}

/** As many records as the batch has; kafkajs has just read their number from the four bytes before the data. */
function poisonRecords(data: Buffer, error: Error): Buffer {
  const count = data.byteOffset >= 4 ? Buffer.from(data.buffer, data.byteOffset - 4, 4).readInt32BE() : 1;
  const value = Buffer.concat([POISON, Buffer.from(error.message.slice(0, 200))]);
  const body = Buffer.concat([
    // Attributes, time and offset deltas 0; no key; the value; no headers.
    Buffer.from([0, 0, 0, 1]),
    varint(value.length),
    value,
    Buffer.from([0]),
  ]);
  const record = Buffer.concat([varint(body.length), body]);
  return Buffer.alloc(record.length * count, record);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value * 2; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}
