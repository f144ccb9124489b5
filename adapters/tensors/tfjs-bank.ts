import type { Tensor, Tensor3D } from "@tensorflow/tfjs-core";
import type { ModelBank, ModelSpec, ModelSums, ModelUpdate, Slot, Solved } from "../../engine/model-bank.ts";
import type { BankOps } from "./bank-ops.ts";
import { type TfjsDevice, use } from "./tfjs.ts";

/** Sums of models side by side: gram [S, D, D] and moments [S, D, C], the largest C; unused outputs are zero. */
interface Shelf {
  gram: Tensor3D;
  moments: Tensor3D;
  outputs: number;
  /** Places that no model has. */
  readonly free: number[];
  /** Places that hold what a closed model left. */
  readonly stale: Set<number>;
}

interface TfjsSlot extends Slot {
  readonly spec: ModelSpec;
  readonly shelf: Shelf;
  readonly at: number;
  outputs: number;
  scale: number;
}

interface Part {
  readonly shelf: Shelf;
  readonly updates: ModelUpdate[];
  /** Where in the batch each came from. */
  readonly places: number[];
}

/** Numbers in the gram of a shelf: 64 MiB, within what every WebGPU adapter binds. */
const SHELF = 2 ** 24;
const MOST_MODELS = 1024;
/** Rows of one model that go to the device at once. */
const AT_ONCE = 64;
/** The sums grow by 1/scale meanwhile. */
const LEAST_SCALE = 2 ** -20;
/** A pivot below this share of the largest is rounding in float32. */
const LEAST_PIVOT = 1e-6;
/** Squares of larger numbers, times what the sums may grow by, would not be finite in float32. */
const LARGEST = 1e15;

/**
 * float32 sums on a device of TensorFlow.js. `solver`: a bank on the CPU in float64, which solves what the device cannot.
 * `most`: models on a shelf, for tests.
 */
export function createTfjsBank(
  device: TfjsDevice,
  ops: BankOps,
  solver: ModelBank,
  features: number,
  most = Math.max(1, Math.min(MOST_MODELS, Math.floor(SHELF / features ** 2))),
): ModelBank {
  const { tf } = device;
  const shelves: Shelf[] = [];

  const shelfWithRoom = (): Shelf => {
    const found = shelves.find(({ free }) => free.length > 0);
    if (found !== undefined) return found;
    const shelf: Shelf = {
      gram: tf.zeros([most, features, features]),
      moments: tf.zeros([most, features, 1]),
      outputs: 1,
      free: Array.from({ length: most }, (_, i) => most - 1 - i),
      stale: new Set(),
    };
    shelves.push(shelf);
    return shelf;
  };

  const makeRoom = (shelf: Shelf, outputs: number): void => {
    if (outputs <= shelf.outputs) return;
    const { moments } = shelf;
    shelf.moments = tf.pad(moments, [
      [0, 0],
      [0, 0],
      [0, outputs - shelf.outputs],
    ]);
    shelf.outputs = outputs;
    moments.dispose();
  };

  const put = ({ shelf, at }: TfjsSlot, gram: Float32Array, moments: Float32Array): void => {
    const index = tf.tensor1d([at], "int32");
    const g = tf.tensor3d(gram, [1, features, features]);
    const q = tf.tensor3d(moments, [1, features, shelf.outputs]);
    shelf.gram = ops.put(shelf.gram, index, g);
    shelf.moments = ops.put(shelf.moments, index, q);
    shelf.stale.delete(at);
    tf.dispose([index, g, q]);
  };

  /** Makes up for decay that was put off, before the sums grow too large. */
  const fade = (shelf: Shelf, slots: readonly TfjsSlot[]): void => {
    const due = slots.filter(({ scale }) => scale < LEAST_SCALE);
    if (due.length === 0) return;
    const index = tf.tensor1d(
      due.map(({ at }) => at),
      "int32",
    );
    const by = tf.tensor3d(
      due.map(({ scale }) => scale),
      [due.length, 1, 1],
    );
    const faded = (sums: Tensor3D): Tensor3D => {
      const values = tf.tidy(() => tf.mul<Tensor3D>(tf.gather(sums, index), by));
      const next = ops.put(sums, index, values);
      values.dispose();
      return next;
    };
    shelf.gram = faded(shelf.gram);
    shelf.moments = faded(shelf.moments);
    for (const slot of due) slot.scale = 1;
    tf.dispose([index, by]);
  };

  /** Within what float32 can square, and scaled. */
  const weighted = (numbers: Float32Array, width: number, by: Tensor3D): Tensor3D => {
    const [many, events] = by.shape;
    return tf.mul(tf.clipByValue(tf.tensor3d(numbers, [many, events, width]), -LARGEST, LARGEST), by);
  };

  const absorb = (shelf: Shelf, updates: readonly ModelUpdate[], from: number): void => {
    const due = updates.filter(({ events }) => events > from);
    if (due.length === 0) return;
    const slots = due.map(({ slot }) => slot as TfjsSlot);
    fade(shelf, slots);
    const events = Math.min(AT_ONCE, Math.max(...due.map((one) => one.events)) - from);
    // Rows that a model lacks are zero.
    const rows = new Float32Array(due.length * events * features);
    const targets = new Float32Array(due.length * events * shelf.outputs);
    const weights = new Float32Array(due.length * events);
    due.forEach((one, n) => {
      const slot = slots[n]!;
      const many = Math.min(events, one.events - from);
      const to = n * events;
      rows.set(one.rows.subarray(from * features, (from + many) * features), to * features);
      for (let r = 0; r < many; r++) {
        slot.scale *= slot.spec.decay;
        weights[to + r] = 1 / Math.sqrt(slot.scale);
        const target = one.targets.subarray((from + r) * slot.outputs, (from + r + 1) * slot.outputs);
        targets.set(target, (to + r) * shelf.outputs);
      }
    });
    const index = tf.tensor1d(
      slots.map(({ at }) => at),
      "int32",
    );
    const [left, right] = tf.tidy(() => {
      const by = tf.tensor3d(weights, [due.length, events, 1]);
      return [weighted(rows, features, by), weighted(targets, shelf.outputs, by)] as const;
    });
    shelf.gram = ops.add(shelf.gram, index, left, left);
    shelf.moments = ops.add(shelf.moments, index, left, right);
    tf.dispose([index, left, right]);
  };

  const solveThere = (shelf: Shelf, slots: readonly TfjsSlot[]): Tensor | null => {
    if (ops.solve === undefined) return null;
    const index = tf.tensor1d(
      slots.map(({ at }) => at),
      "int32",
    );
    const ridge = tf.tensor1d(slots.map(({ spec, scale }) => spec.ridge / scale));
    const solved = ops.solve(shelf.gram, shelf.moments, index, ridge);
    tf.dispose([index, ridge]);
    return solved;
  };

  const readSums = async (slots: readonly TfjsSlot[]): Promise<ModelSums[]> => {
    use(device);
    const taken = slots.map((slot) => {
      const { shelf, at, outputs, scale } = slot;
      const index = tf.tensor1d([at], "int32");
      const [gram, moments] = [tf.gather(shelf.gram, index), tf.gather(shelf.moments, index)];
      index.dispose();
      return { gram, moments, outputs, scale, wide: shelf.outputs };
    });
    const sums: ModelSums[] = [];
    for (const { gram, moments, outputs, scale, wide } of taken) {
      sums.push(sumsOf(await gram.data(), await moments.data(), features, wide, outputs, scale));
      use(device);
      tf.dispose([gram, moments]);
    }
    return sums;
  };

  const solveHere = async (slots: readonly TfjsSlot[]): Promise<readonly Solved[]> => {
    const sums = await readSums(slots);
    const guests = slots.map(({ spec }, i) => {
      const guest = solver.open(spec);
      solver.write(guest, sums[i]!);
      return guest;
    });
    const none = new Float64Array(0);
    const solved = await solver.update(guests.map((slot) => ({ slot, events: 0, rows: none, targets: none })));
    for (const guest of guests) solver.close(guest);
    return solved;
  };

  return {
    features,
    precision: "float32",
    open(spec): TfjsSlot {
      use(device);
      const shelf = shelfWithRoom();
      makeRoom(shelf, spec.outputs);
      const slot = { bank: "tfjs", spec, shelf, at: shelf.free.pop()!, outputs: spec.outputs, scale: 1 };
      if (shelf.stale.has(slot.at))
        put(slot, new Float32Array(features * features), new Float32Array(features * shelf.outputs));
      return slot;
    },
    close(slot) {
      const { shelf, at } = slot as TfjsSlot;
      shelf.free.push(at);
      shelf.stale.add(at);
    },
    widen(slot, outputs) {
      const model = slot as TfjsSlot;
      if (outputs <= model.outputs) return;
      use(device);
      makeRoom(model.shelf, outputs);
      model.outputs = outputs;
    },
    async update(batch) {
      use(device);
      const pending = byShelf(batch).map(({ shelf, updates, places }) => {
        const longest = updates.reduce((events, one) => Math.max(events, one.events), 0);
        for (let from = 0; from < longest; from += AT_ONCE) absorb(shelf, updates, from);
        const slots = updates.map(({ slot }) => slot as TfjsSlot);
        return { slots, places, outputs: shelf.outputs, there: solveThere(shelf, slots) };
      });
      const out = new Array<Solved>(batch.length);
      const failed: { slot: TfjsSlot; place: number }[] = [];
      for (const { slots, places, outputs, there } of pending) {
        const answer = there && (await there.data());
        const length = (outputs + 1) * features;
        slots.forEach((slot, n) => {
          const solved = answer && solvedOf(answer, n * length, features, outputs, slot.outputs);
          if (solved === null) failed.push({ slot, place: places[n]! });
          else out[places[n]!] = solved;
        });
        use(device);
        there?.dispose();
      }
      if (failed.length > 0) {
        const solved = await solveHere(failed.map(({ slot }) => slot));
        for (const [n, { place }] of failed.entries()) out[place] = solved[n]!;
      }
      return out;
    },
    read: (slots) => readSums(slots as readonly TfjsSlot[]),
    write(slot, sums) {
      const model = slot as TfjsSlot;
      use(device);
      makeRoom(model.shelf, sums.outputs);
      model.outputs = sums.outputs;
      model.scale = sums.scale;
      put(model, squareOf(sums.gram, features), wideOf(sums, features, model.shelf.outputs));
    },
    dispose() {
      use(device);
      for (const { gram, moments } of shelves) tf.dispose([gram, moments]);
      shelves.length = 0;
      solver.dispose();
    },
  };
}

function byShelf(batch: readonly ModelUpdate[]): readonly Part[] {
  const parts = new Map<Shelf, Part>();
  batch.forEach((update, place) => {
    const { shelf } = update.slot as TfjsSlot;
    let part = parts.get(shelf);
    if (part === undefined) {
      part = { shelf, updates: [], places: [] };
      parts.set(shelf, part);
    }
    part.updates.push(update);
    part.places.push(place);
  });
  return [...parts.values()];
}

/** What the device says of one model at `at`: W by outputs, then the pivots. null where they do not hold. */
function solvedOf(
  answer: ArrayLike<number>,
  at: number,
  features: number,
  wide: number,
  outputs: number,
): Solved | null {
  let least = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = at + wide * features; i < at + (wide + 1) * features; i++) {
    const pivot = answer[i]!;
    if (!(pivot > 0)) return null;
    least = Math.min(least, pivot);
    largest = Math.max(largest, pivot);
  }
  if (!(least > LEAST_PIVOT * largest)) return null;
  const weights = new Float64Array(outputs * features);
  for (let i = 0; i < weights.length; i++) {
    weights[i] = answer[at + i]!;
    if (!Number.isFinite(weights[i])) return null;
  }
  return { weights, condition: largest / least };
}

function sumsOf(
  gram: ArrayLike<number>,
  moments: ArrayLike<number>,
  features: number,
  wide: number,
  outputs: number,
  scale: number,
): ModelSums {
  const triangle = new Float64Array((features * (features + 1)) / 2);
  const kept = new Float64Array(features * outputs);
  for (let i = 0, to = 0; i < features; i++) {
    for (let j = i; j < features; j++) triangle[to++] = gram[i * features + j]!;
    for (let c = 0; c < outputs; c++) kept[i * outputs + c] = moments[i * wide + c]!;
  }
  return { outputs, scale, gram: triangle, moments: kept };
}

function squareOf(triangle: Float64Array, features: number): Float32Array {
  const out = new Float32Array(features * features);
  for (let i = 0, from = 0; i < features; i++) {
    for (let j = i; j < features; j++) {
      out[i * features + j] = triangle[from]!;
      out[j * features + i] = triangle[from++]!;
    }
  }
  return out;
}

function wideOf({ outputs, moments }: ModelSums, features: number, wide: number): Float32Array {
  const out = new Float32Array(features * wide);
  for (let i = 0; i < features; i++) {
    for (let c = 0; c < outputs; c++) out[i * wide + c] = moments[i * outputs + c]!;
  }
  return out;
}
