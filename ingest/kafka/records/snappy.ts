const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
/** No batch that a broker takes is so large. */
export const MOST_BYTES = 1 << 28;

/** Snappy as Kafka has it: a bare block, or blocks in the framing of xerial's Java library. Throws RangeError. */
export function decompressSnappy(data: Buffer): Buffer {
  if (!data.subarray(0, XERIAL.length).equals(XERIAL)) return decompressBlock(data);
  const blocks: Buffer[] = [];
  // The mark is followed by two version numbers.
  for (let at = 16; at < data.length; ) {
    const length = data.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > data.length) throw broken();
    blocks.push(decompressBlock(data.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

function decompressBlock(data: Buffer): Buffer {
  let at = 0;
  const littleEndian = (bytes: number): number => {
    if (at + bytes > data.length) throw broken();
    const value = data.readUIntLE(at, bytes);
    at += bytes;
    return value;
  };
  let size = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = littleEndian(1);
    size += (byte & 0x7f) * scale;
    if (size > MOST_BYTES) throw broken();
    if (byte < 0x80) break;
  }
  const out = Buffer.allocUnsafe(size);
  let filled = 0;
  while (at < data.length) {
    const tag = data[at++]!;
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const length = short < 60 ? short + 1 : littleEndian(short - 59) + 1;
      if (at + length > data.length || filled + length > size) throw broken();
      data.copy(out, filled, at, at + length);
      at += length;
      filled += length;
      continue;
    }
    let length: number;
    let distance: number;
    if ((tag & 3) === 1) {
      length = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) | littleEndian(1);
    } else {
      length = (tag >> 2) + 1;
      distance = littleEndian((tag & 3) === 2 ? 2 : 4);
    }
    filled = copyBack(out, filled, distance, length);
  }
  if (filled !== size) throw broken();
  return out;
}

/** Repeats what stands `distance` bytes back; it may overlap what it writes. Returns the new fill. */
export function copyBack(out: Buffer, filled: number, distance: number, length: number): number {
  if (distance === 0 || distance > filled || filled + length > out.length) throw broken();
  if (distance >= length) out.copyWithin(filled, filled - distance, filled - distance + length);
  else for (let i = filled; i < filled + length; i++) out[i] = out[i - distance]!;
  return filled + length;
}

export function broken(): RangeError {
  return new RangeError("the compressed data is broken");
}
