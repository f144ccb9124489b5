const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The partition to which Kafka's own producers send a record of this key. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** As org.apache.kafka.common.utils.Utils.murmur2: 32 bits, signed. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let h = SEED ^ length;
  let at = 0;
  for (; length - at >= 4; at += 4) {
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    k = Math.imul(k, M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  const rest = length - at;
  if (rest > 0) {
    if (rest > 2) h ^= data[at + 2]! << 16;
    if (rest > 1) h ^= data[at + 1]! << 8;
    h = Math.imul(h ^ data[at]!, M);
  }
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}
