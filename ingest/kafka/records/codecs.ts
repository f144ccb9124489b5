import * as zlib from "node:zlib";
import { Decompress } from "fzstd";
import { decompressLz4 } from "./lz4.ts";
import { broken, decompressSnappy, MOST_BYTES } from "./snappy.ts";

type Decompressor = (data: Buffer) => Buffer;

/** By the number in a record batch's attributes. */
const CODECS: Readonly<Record<number, Decompressor>> = {
  0: (data) => data,
  1: (data) => zlib.gunzipSync(data, { maxOutputLength: MOST_BYTES }),
  2: decompressSnappy,
  3: decompressLz4,
  4: decompressZstd,
};

/** What a batch's records are in clear. Throws RangeError or zlib's error, never gives more than MOST_BYTES. */
export function decompress(codec: number, data: Buffer): Buffer {
  const known = CODECS[codec];
  if (known === undefined) throw new RangeError(`its compression (codec ${codec}) is unknown`);
  return known(data);
}

/** Node has it from 22.15 on; before, it is plain JavaScript. */
const native = (zlib as unknown as { zstdDecompressSync?: (data: Buffer, options: object) => Buffer })
  .zstdDecompressSync;

function decompressZstd(data: Buffer): Buffer {
  if (native !== undefined) return native(data, { maxOutputLength: MOST_BYTES });
  return decompressZstdSlowly(data);
}

/** By blocks, so that a small batch that claims to be huge takes no memory before it is. */
export function decompressZstdSlowly(data: Buffer): Buffer {
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  try {
    const stream = new Decompress((block) => {
      bytes += block.length;
      if (bytes > MOST_BYTES) throw broken();
      blocks.push(block);
    });
    stream.push(data, true);
  } catch (error) {
    throw new RangeError(`the compressed data is broken (${(error as Error).message})`, { cause: error });
  }
  return Buffer.concat(blocks);
}
