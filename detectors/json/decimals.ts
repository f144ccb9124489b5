import { type WasmApi, wasmApi } from "../../engine/wasm-api.ts";
import { DECIMALS_BASE64 } from "./decimals-bytes.ts";

/** Longest list of numbers that an event may bring. */
export const MOST_NUMBERS = 8192;

/** Reads runs of numbers several times as fast as JavaScript would, of the same bits. */
export interface Decimals {
  /** [MOST_NUMBERS]. */
  readonly values: Float64Array;
  /** Another text, from `at` on. */
  open(bytes: Uint8Array, at: number): void;
  /**
   * Numbers with a comma behind them from `at` on, to values[count…], until one of them is unusual or no number: where that
   * begins (`at` itself, where it is the first), and the count then.
   */
  skip(at: number, count: number): { readonly at: number; readonly count: number };
}

// In decimals.as.
const LEAST = -48;
const MOST = 24;

// Places in memory; the compiler counts on nothing below 1024.
const TABLES = 1024;
const STOPPED = 3072;
const VALUES = 4096;
const TEXT = VALUES + MOST_NUMBERS * 8;
const PAGES = 4;
const PAGE = 65536;
/** A longer text is read piece by piece; zeros end each. */
const PIECE = PAGES * PAGE - TEXT - 16;

type Take = (at: number, out: number, most: number, tables: number, stopped: number) => number;

/** Where the runtime has no WebAssembly, nothing is skipped. */
export function openDecimals(api: WasmApi | null = wasmApi ?? null): Decimals {
  if (api === null) {
    return { values: new Float64Array(MOST_NUMBERS), open: () => {}, skip: (at, count) => ({ at, count }) };
  }
  const memory = new api.Memory({ initial: PAGES, maximum: PAGES });
  const module = new api.Module(Buffer.from(DECIMALS_BASE64, "base64"));
  const take = new api.Instance(module, { env: { memory } }).exports.take as Take;
  const text = new Uint8Array(memory.buffer, TEXT);
  const stopped = new Uint32Array(memory.buffer, STOPPED, 1);
  new BigUint64Array(memory.buffer, TABLES, 8).set(Array.from({ length: 8 }, (_, i) => 10n ** BigInt(i)));
  new BigUint64Array(memory.buffer, TABLES + 64).set(powersOfTen());
  let from = 0;
  let to = 0;
  let source: Uint8Array = text;
  const open = (bytes: Uint8Array, at: number): void => {
    source = bytes;
    from = at;
    to = Math.min(bytes.length, at + PIECE);
    text.set(bytes.subarray(from, to));
    text.fill(0, to - from, to - from + 16);
  };
  return {
    values: new Float64Array(memory.buffer, VALUES, MOST_NUMBERS),
    open,
    skip(at, count) {
      if (at >= to) open(source, at);
      const taken = take(TEXT + at - from, VALUES + count * 8, MOST_NUMBERS - count, TABLES, STOPPED);
      return { at: stopped[0]! - TEXT + from, count: count + taken };
    },
  };
}

/** 5^q in 128 bits, the highest set, for each power in turn: upper half, lower half. From 5^−27 to 5^−1 rounded up, else down. */
function powersOfTen(): bigint[] {
  const out: bigint[] = [];
  for (let q = LEAST; q <= MOST; q++) {
    const power = 5n ** BigInt(Math.abs(q));
    const bits = BigInt(power.toString(2).length);
    const entry = q < 0 ? (1n << (bits + 127n)) / power + (q < -27 ? 0n : 1n) : power << (128n - bits);
    out.push(entry >> 64n, entry & 0xffffffffffffffffn);
  }
  return out;
}
