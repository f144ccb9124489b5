import { broken, copyBack, MOST_BYTES } from "./snappy.ts";

const MAGIC = 0x184d2204;

/** An LZ4 frame, checksums not verified (the broker's CRC covers the batch). Throws RangeError. */
export function decompressLz4(data: Buffer): Buffer {
  if (data.length < 7 || data.readUInt32LE(0) !== MAGIC) throw broken();
  const flags = data[4]!;
  const blockBytes = 1 << (8 + 2 * ((data[5]! >> 4) & 7));
  const blockChecksums = (flags & 0x10) !== 0;
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  if (hasDictionary) throw broken();
  // Flags, block descriptor, size, header checksum.
  let at = 6 + (hasSize ? 8 : 0) + 1;
  let out = Buffer.allocUnsafe(Math.max(data.length * 4, blockBytes));
  let filled = 0;
  for (;;) {
    if (at + 4 > data.length) throw broken();
    const head = data.readUInt32LE(at);
    at += 4;
    if (head === 0) return out.subarray(0, filled);
    const length = head & 0x7fffffff;
    if (at + length > data.length || filled > MOST_BYTES) throw broken();
    if (out.length < filled + blockBytes) {
      const larger = Buffer.allocUnsafe(Math.max(out.length * 2, filled + blockBytes));
      out.copy(larger, 0, 0, filled);
      out = larger;
    }
    if (head >>> 31 === 1) filled += data.copy(out, filled, at, at + length);
    else filled = decompressBlock(data.subarray(at, at + length), out, filled);
    at += length + (blockChecksums ? 4 : 0);
  }
}

/** Matches may reach back into earlier blocks: they stand before it in `out`. */
function decompressBlock(data: Buffer, out: Buffer, start: number): number {
  let filled = start;
  let at = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble !== 15) return length;
    for (;;) {
      const byte = data[at++];
      if (byte === undefined) throw broken();
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < data.length) {
    const token = data[at++]!;
    const literals = extended(token >> 4);
    if (at + literals > data.length || filled + literals > out.length) throw broken();
    data.copy(out, filled, at, at + literals);
    at += literals;
    filled += literals;
    if (at === data.length) return filled;
    if (at + 2 > data.length) throw broken();
    const distance = data.readUInt16LE(at);
    at += 2;
    filled = copyBack(out, filled, distance, extended(token & 15) + 4);
  }
  return filled;
}
