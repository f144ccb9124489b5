import type { Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { NamedTensor } from "@tensorflow/tfjs-core/dist/tensor_types.js";
import type { AutoencoderTraining, AutoencoderWeights } from "../../engine/tensors.ts";
import { type Tfjs, type TfjsDevice, transposed, use } from "./tfjs.ts";

interface Weights {
  readonly encoder: Variable;
  readonly encoderBias: Variable;
  readonly decoder: Variable;
  readonly decoderBias: Variable;
}

/** Gradient descent in TensorFlow.js, on whichever of its backends is given. */
export async function trainAutoencoder(
  device: TfjsDevice,
  data: Float32Array,
  rows: number,
  dim: number,
  { hidden, epochs, batch, learningRate, seed }: AutoencoderTraining,
): Promise<AutoencoderWeights> {
  const { tf } = device;
  const random = mulberry32(seed);
  use(device);
  const all = tf.tensor2d(data.slice(0, rows * dim), [rows, dim]);
  const weights: Weights = {
    encoder: tf.variable(tf.tensor2d(glorot(dim, hidden, random), [dim, hidden])),
    encoderBias: tf.variable(tf.zeros([hidden])),
    decoder: tf.variable(tf.tensor2d(glorot(hidden, dim, random), [hidden, dim])),
    decoderBias: tf.variable(tf.zeros([dim])),
  };
  const trained: Variable[] = Object.values(weights);
  const adam = tf.train.adam(learningRate, 0.9, 0.999, 1e-7);
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      shuffle(order, random);
      for (let from = 0; from < rows; from += batch) {
        use(device);
        tf.tidy(() => {
          const some = order.slice(from, Math.min(rows, from + batch));
          const x = tf.gather(all, tf.tensor1d(some, "int32")) as Tensor2D;
          adam.applyGradients(gradients(tf, x, weights));
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    use(device);
    const [encoder, encoderBias, decoder, decoderBias] = await Promise.all(trained.map((v) => v.data()));
    return {
      dim,
      hidden,
      encoder: transposed(encoder as Float32Array, dim, hidden),
      encoderBias: Float32Array.from(encoderBias!),
      decoder: transposed(decoder as Float32Array, hidden, dim),
      decoderBias: Float32Array.from(decoderBias!),
    };
  } finally {
    use(device);
    all.dispose();
    adam.dispose();
    for (const variable of trained) variable.dispose();
  }
}

/**
 * ∂/∂θ of L = mean (r − x)²: with δ = 2(r − x)/size, ∂D = hᵀδ, ∂d = Σδ, γ = δDᵀ·[h > 0], ∂E = xᵀγ, ∂e = Σγ.
 * Written out: the package that brings the automatic ones is as large as TensorFlow.js itself.
 */
function gradients(tf: Tfjs, x: Tensor2D, { encoder, encoderBias, decoder, decoderBias }: Weights): NamedTensor[] {
  const active = tf.relu(tf.add(tf.matMul(x, encoder as Tensor2D), encoderBias)) as Tensor2D;
  const rebuilt = tf.add(tf.matMul(active, decoder as Tensor2D), decoderBias);
  const delta = tf.mul(tf.sub(rebuilt, x), 2 / x.size) as Tensor2D;
  const back = tf.mul(tf.matMul(delta, decoder as Tensor2D, false, true), tf.step(active)) as Tensor2D;
  return [
    { name: encoder.name, tensor: tf.matMul(x, back, true) },
    { name: encoderBias.name, tensor: tf.sum(back, 0) },
    { name: decoder.name, tensor: tf.matMul(active, delta, true) },
    { name: decoderBias.name, tensor: tf.sum(delta, 0) },
  ];
}

function glorot(from: number, to: number, random: () => number): Float32Array {
  const limit = Math.sqrt(6 / (from + to));
  return Float32Array.from({ length: from * to }, () => (2 * random() - 1) * limit);
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const one = order[i]!;
    order[i] = order[j]!;
    order[j] = one;
  }
}

/** A small generator is enough: the run must only be repeatable. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
