/** Kafka's primitive types, read one after the other. Throws RangeError past the end. */
export interface ByteReader {
  int16(): number;
  int32(): number;
  int64(): bigint;
  uvarint(): number;
  /** The next bytes, not copied. */
  take(length: number): Buffer;
  list<T>(count: number, read: () => T): T[];
}

export function createByteReader(data: Buffer): ByteReader {
  let at = 0;
  const step = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  return {
    int16: () => data.readInt16BE(step(2)),
    int32: () => data.readInt32BE(step(4)),
    int64: () => data.readBigInt64BE(step(8)),
    uvarint() {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = data.readUInt8(step(1));
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
      }
    },
    take(length) {
      const from = step(length);
      return data.subarray(from, at);
    },
    list: (count, read) => Array.from({ length: Math.max(count, 0) }, read),
  };
}
