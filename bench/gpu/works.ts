import { statSync } from "node:fs";
import { join } from "node:path";
import { openOnnxEmbedder } from "../../adapters/embedders/onnx.ts";
import { PRECISIONS, readModelFolder } from "../../adapters/embedders/onnx-folder.ts";
import type { TfjsDevice } from "../../adapters/tensors/tfjs.ts";
import { use } from "../../adapters/tensors/tfjs.ts";
import type { ModelBank } from "../../engine/model-bank.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { type Timed, timed } from "./measure.ts";

export interface Row {
  readonly what: string;
  readonly shape: string;
  readonly timed: Timed;
  /** What has to be read and written at the least in one call. */
  readonly bytes: number;
  /** What one call does, and its unit. */
  readonly units: number;
  readonly unit: string;
}

/** The device's own copy: y = −x over `numbers` float32, read and written; on the CPU a plain copy. */
export async function copy(device: TfjsDevice | null, numbers: number, seconds: number): Promise<Row> {
  const shape = `${numbers} float32`;
  const bytes = 8 * numbers;
  if (device === null) {
    const from = new Float32Array(numbers).fill(1);
    const to = new Float32Array(numbers);
    const result = await timed(seconds, () => to.set(from));
    return { what: "copy", shape, timed: result, bytes, units: 1, unit: "copy" };
  }
  const { tf } = device;
  use(device);
  const x = tf.fill([numbers], 1.5);
  const several = 8;
  const result = await timed(seconds, async () => {
    use(device);
    let last = tf.neg(x);
    for (let i = 1; i < several; i++) {
      last.dispose();
      last = tf.neg(x);
    }
    const end = tf.slice(last, [numbers - 1], [1]);
    // Reading one number waits for all of them.
    await end.data();
    use(device);
    tf.dispose([last, end]);
  });
  use(device);
  x.dispose();
  return { what: "copy", shape, timed: result, bytes: bytes * several, units: several, unit: "copy" };
}

/** All models of a bank take ten events each and are solved: G read and written at the least. */
export async function bank(open: (features: number) => ModelBank, shape: BankShape, seconds: number): Promise<Row> {
  const { streams, features, outputs, events } = shape;
  const models = open(features);
  const random = numbers(events * features);
  const batch = Array.from({ length: streams }, () => ({
    slot: models.open({ outputs, decay: 1.003 ** -2, ridge: 1 }),
    events,
    rows: Float64Array.from(random),
    targets: Float64Array.from({ length: events * outputs }, (_, i) => (i % outputs === 0 ? 1 : 0)),
  }));
  const result = await timed(seconds, () => models.update(batch));
  const [last] = await models.update(batch.slice(0, 1));
  if (last!.weights === null) throw new Error("the bank could not be solved");
  models.dispose();
  return {
    what: "bank",
    shape: `S=${streams} D=${features} C=${outputs} b=${events}`,
    timed: result,
    bytes: 8 * streams * features ** 2,
    units: streams * events,
    unit: "event",
  };
}

export interface BankShape {
  readonly streams: number;
  readonly features: number;
  readonly outputs: number;
  readonly events: number;
}

/** Gradient steps: the weights and both moments of Adam read and written, the batch read. */
export async function autoencoder(tensors: Tensors, shape: AutoencoderShape, seconds: number): Promise<Row> {
  const { rows, dim, hidden, batch, epochs } = shape;
  const data = numbers(rows * dim);
  const training = { hidden, epochs, batch, learningRate: 0.001, seed: 1 };
  const steps = Math.ceil(rows / batch) * epochs;
  // Moving the rows there and the weights back is in it, shared by all steps.
  const whole = await timed(seconds, () => tensors.trainAutoencoder(data, rows, dim, training));
  const { ms, best, cpu, calls } = whole;
  return {
    what: "autoencoder",
    shape: `${dim}-${hidden}-${dim} batch=${batch}`,
    timed: { ms: ms / steps, best: best / steps, cpu: cpu / steps, calls: calls * steps },
    bytes: 4 * (6 * (2 * dim * hidden + dim + hidden) + batch * dim),
    units: batch,
    unit: "row",
  };
}

export interface AutoencoderShape {
  readonly rows: number;
  readonly dim: number;
  readonly hidden: number;
  readonly batch: number;
  readonly epochs: number;
}

/** Three nearest rows of each query: the rows read, the products written and read again at the least. */
export async function nearest(tensors: Tensors, shape: NearestShape, seconds: number): Promise<Row> {
  const { rows, dim, queries } = shape;
  const matrix = tensors.matrix(numbers(rows * dim), rows, dim);
  const asked = numbers(queries * dim);
  const result = await timed(seconds, () => matrix.search?.(asked, queries, 3) ?? matrix.nearest(asked, queries, 3));
  matrix.dispose();
  return {
    what: "nearest",
    shape: `${rows} x ${dim}, ${queries} queries`,
    timed: result,
    bytes: 4 * (rows * dim + queries * dim + (matrix.search ? 2 * queries * rows : 0)),
    units: queries,
    unit: "query",
  };
}

export interface NearestShape {
  readonly rows: number;
  readonly dim: number;
  readonly queries: number;
}

/** Sentences of 4 to 20 words through a sentence transformer: the weights read once per batch at the least. */
export async function encoder(
  path: string,
  provider: "cpu" | "cuda" | "webgpu",
  shape: EncoderShape,
  seconds: number,
): Promise<Row> {
  const { precision } = readModelFolder(path, undefined);
  const wish = { path, precision, download: undefined, cacheTexts: 0, batch: shape.batch };
  const texts = sentences(shape.texts);
  const model = await openOnnxEmbedder({ ...wish, device: provider });
  const result = await timed(seconds, () => model.embed(texts));
  const few = texts.slice(0, 256);
  const vectors = await model.embed(few);
  await model.close();
  let apart = "";
  if (provider !== "cpu") {
    const oracle = await openOnnxEmbedder({ ...wish, device: "cpu" });
    const truth = await oracle.embed(few);
    await oracle.close();
    const cosines = few.map((_, i) => {
      let sum = 0;
      for (let d = 0; d < model.dim; d++) sum += vectors[i * model.dim + d]! * truth[i * model.dim + d]!;
      return sum;
    });
    const largest = vectors.reduce((most, value, i) => Math.max(most, Math.abs(value - truth[i]!)), 0);
    apart = `, cosine with cpu ≥ ${Math.min(...cosines).toFixed(6)}, numbers within ${largest.toExponential(1)}`;
  }
  return {
    what: `encoder ${provider}`,
    shape: `${precision}, batch=${shape.batch}${apart}`,
    timed: result,
    bytes: statSync(join(path, "onnx", PRECISIONS[precision])).size * Math.ceil(shape.texts / shape.batch),
    units: shape.texts,
    unit: "text",
  };
}

export interface EncoderShape {
  readonly texts: number;
  readonly batch: number;
}

/** Repeatable and all different. */
function sentences(count: number): string[] {
  const words =
    "please tell me how the card order account can not work today and why my new phone bill is so late".split(" ");
  let state = 11;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, (_, i) => {
    const some = Array.from({ length: 4 + next(17) }, () => words[next(words.length)]!);
    return `${some.join(" ")} ${i}`;
  });
}

/** Repeatable, in (−1, 1). */
function numbers(length: number): Float32Array {
  let state = 7;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
