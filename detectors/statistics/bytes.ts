/** Packs and unpacks snapshots: little-endian, typed arrays copied whole. Order of calls is the format. */
export interface Writer {
  u8(v: number): void;
  u32(v: number): void;
  f64(v: number): void;
  text(v: string): void;
  /** Length in bytes, then the bytes. */
  array(
    v: Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array,
  ): void;
  done(): Uint8Array;
}

export function createWriter(hint = 256): Writer {
  let bytes = new Uint8Array(hint);
  let view = new DataView(bytes.buffer);
  let at = 0;
  const room = (n: number): void => {
    if (at + n <= bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes.length * 2, at + n));
    grown.set(bytes);
    bytes = grown;
    view = new DataView(bytes.buffer);
  };
  const raw = (v: Uint8Array): void => {
    room(4 + v.length);
    view.setUint32(at, v.length, true);
    bytes.set(v, at + 4);
    at += 4 + v.length;
  };
  return {
    u8(v) {
      room(1);
      bytes[at++] = v;
    },
    u32(v) {
      room(4);
      view.setUint32(at, v, true);
      at += 4;
    },
    f64(v) {
      room(8);
      view.setFloat64(at, v, true);
      at += 8;
    },
    text: (v) => raw(encoder.encode(v)),
    array: (v) => raw(new Uint8Array(v.buffer, v.byteOffset, v.byteLength)),
    done: () => bytes.slice(0, at),
  };
}

export interface Reader {
  /** Bytes not read yet. */
  left(): number;
  u8(): number;
  u32(): number;
  f64(): number;
  text(): string;
  /** A copy: aligned and owned by the caller. */
  bytes(): Uint8Array;
  u16s(): Uint16Array;
  u32s(): Uint32Array;
  i8s(): Int8Array;
  f32s(): Float32Array;
  f64s(): Float64Array;
}

export function createReader(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (n: number): number => {
    at += n;
    return at - n;
  };
  const raw = (): Uint8Array => {
    const n = view.getUint32(at, true);
    take(4);
    // Not bytes.slice: a Buffer's would be a view of a shared pool.
    return Uint8Array.prototype.slice.call(bytes, take(n), at);
  };
  return {
    left: () => bytes.byteLength - at,
    u8: () => view.getUint8(take(1)),
    u32: () => view.getUint32(take(4), true),
    f64: () => view.getFloat64(take(8), true),
    text: () => decoder.decode(raw()),
    bytes: raw,
    u16s: () => new Uint16Array(raw().buffer),
    u32s: () => new Uint32Array(raw().buffer),
    i8s: () => new Int8Array(raw().buffer),
    f32s: () => new Float32Array(raw().buffer),
    f64s: () => new Float64Array(raw().buffer),
  };
}

const encoder = new TextEncoder();
// A leading byte order mark is part of the text: what was saved is what is read.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
