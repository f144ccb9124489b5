import type { AutoencoderTraining, AutoencoderWeights } from "../../engine/tensors.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";

/** The paper's scheme: one hidden layer of 64, mean squared error, Adam, 12 epochs. */
export const TRAINING: Omit<AutoencoderTraining, "seed"> = { hidden: 64, epochs: 12, batch: 32, learningRate: 0.001 };

export function saveAutoencoder(weights: AutoencoderWeights): Uint8Array {
  const w = createWriter((weights.encoder.length + weights.decoder.length) * 4 + 4096);
  w.u32(weights.dim);
  w.u32(weights.hidden);
  w.array(weights.encoder);
  w.array(weights.encoderBias);
  w.array(weights.decoder);
  w.array(weights.decoderBias);
  return w.done();
}

export function loadAutoencoder(bytes: Uint8Array): AutoencoderWeights {
  const r = createReader(bytes);
  return {
    dim: r.u32(),
    hidden: r.u32(),
    encoder: r.f32s(),
    encoderBias: r.f32s(),
    decoder: r.f32s(),
    decoderBias: r.f32s(),
  };
}
