import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { findPackage } from "../../engine/optional-package.ts";
import { loadCudaLibraries, whyNoCuda } from "./cuda-libraries.ts";
import { type Precision, readModelFolder, unusable } from "./onnx-folder.ts";
import { type ExternalEmbedder, normalise, remembering } from "./remembering.ts";

export interface OnnxWish {
  /** Folder of a sentence transformer. */
  readonly path: string;
  readonly precision: Precision | undefined;
  /** Name on the hub, to be fetched into the folder when that is not there yet; absent: nothing is ever fetched. */
  readonly download: string | undefined;
  readonly device: "cpu" | "cuda" | "webgpu";
  /** Texts in one run of the model. One at a time, a text's vector does not depend on its neighbours. */
  readonly batch: number;
  readonly cacheTexts: number;
}

/** The parts of transformers.js that are used. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string; cacheDir: string };
  readonly AutoTokenizer: { from_pretrained(name: string): Promise<Tokenizer> };
  readonly AutoModel: { from_pretrained(name: string, options: object): Promise<Model> };
}

interface Tokenizer {
  (texts: readonly string[], options: object): Record<string, Values>;
  readonly model_max_length?: number;
}

interface Model {
  (inputs: Record<string, Values>): Promise<Record<string, Values>>;
  dispose(): Promise<unknown>;
  readonly config: { readonly max_position_embeddings?: number };
}

interface Values {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

const AT_ONCE = 256;

/** A sentence transformer through transformers.js and onnxruntime; mean or first token as its folder says, unit length. */
export async function openOnnxEmbedder(wish: OnnxWish): Promise<ExternalEmbedder & { close(): Promise<void> }> {
  const found = findPackage("@huggingface/transformers");
  if (found === null) throw unusable(wish.path, "transformers.js is not installed; `npm run native` installs it");
  const { env, AutoTokenizer, AutoModel } = (await found.import()) as Transformers;
  const path = resolve(wish.path);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = dirname(path);
  const name = basename(path);
  if (wish.download !== undefined && !existsSync(join(path, "config.json")))
    await fetchModel(wish.download, path, wish);
  const folder = readModelFolder(path, wish.precision);
  const { precision, pooling, identity } = folder;
  if (wish.device === "cuda") {
    // Tensor cores would round the factors of float32 products to ten bits.
    process.env.NVIDIA_TF32_OVERRIDE ??= "0";
    loadCudaLibraries();
  }
  let tokenizer: Tokenizer;
  let model: Model;
  try {
    tokenizer = await AutoTokenizer.from_pretrained(name);
    const options = { dtype: precision, device: wish.device, session_options: { intraOpNumThreads: 1 } };
    model = await AutoModel.from_pretrained(name, options);
  } catch (error) {
    const why = wish.device === "cuda" ? whyNoCuda(firstLine(error)) : firstLine(error);
    throw unusable(wish.path, `it does not load on ${wish.device} (${why})`);
  }
  const mostTokens = Math.min(
    folder.mostTokens ?? Number.POSITIVE_INFINITY,
    tokenizer.model_max_length ?? Number.POSITIVE_INFINITY,
    model.config.max_position_embeddings ?? 512,
  );
  const run = async (texts: readonly string[]): Promise<Float32Array> => {
    const inputs = tokenizer(texts, { padding: true, truncation: true, max_length: mostTokens });
    const vectors = pool(await model(inputs), inputs.attention_mask!, pooling);
    const dim = vectors.length / texts.length;
    for (let i = 0; i < texts.length; i++) {
      if (!normalise(vectors.subarray(i * dim, (i + 1) * dim)))
        throw unusable(wish.path, "a vector is zero or infinite");
    }
    return vectors;
  };
  const dim = (await run(["."])).length;
  const encode = async (texts: readonly string[]): Promise<Float32Array> => {
    const out = new Float32Array(texts.length * dim);
    // Alike in length together, so that little is padding.
    const order = texts.map((_, i) => i).sort((a, b) => texts[a]!.length - texts[b]!.length || a - b);
    // One run after the other: onnxruntime's binding computes on the thread that calls it.
    for (let from = 0; from < order.length; from += wish.batch) {
      const some = order.slice(from, from + wish.batch);
      const vectors = await run(some.map((i) => texts[i]!));
      some.forEach((i, row) => {
        out.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
      });
    }
    return out;
  };
  const close = async (): Promise<void> => void (await model.dispose());
  return { ...remembering({ identity, dim, atOnce: AT_ONCE, encode }, wish.cacheTexts), close };
}

/** The graph's own sentence vectors if it has them, else pooled token states. */
function pool(outputs: Record<string, Values>, mask: Values, pooling: "mean" | "cls"): Float32Array {
  const whole = Object.values(outputs).find(({ dims }) => dims.length === 2);
  if (outputs.last_hidden_state === undefined && whole !== undefined)
    return Float32Array.from(whole.data as Float32Array);
  const states = outputs.last_hidden_state ?? Object.values(outputs)[0]!;
  const [count, tokens, dim] = states.dims as [number, number, number];
  const data = states.data as Float32Array;
  const out = new Float32Array(count * dim);
  for (let n = 0; n < count; n++) {
    let weight = 0;
    for (let t = 0; t < (pooling === "cls" ? 1 : tokens); t++) {
      if (pooling === "mean" && !Number(mask.data[n * tokens + t])) continue;
      weight += 1;
      for (let i = 0; i < dim; i++) out[n * dim + i]! += data[(n * tokens + t) * dim + i]!;
    }
    for (let i = 0; i < dim; i++) out[n * dim + i]! /= weight;
  }
  return out;
}

/** Only here, and only because the user named it, does anything come from a hub. */
async function fetchModel(name: string, path: string, { precision, download }: OnnxWish): Promise<void> {
  const found = findPackage("@huggingface/transformers")!;
  const { env, AutoTokenizer, AutoModel } = (await found.import()) as Transformers;
  // Its cache is laid out as <cacheDir>/<name>/…; the folder is that place.
  if (!path.endsWith(join("/", ...name.split("/")))) {
    throw unusable(path, `to download ${name}, let the path end in it, as in ./models/${download}`);
  }
  env.allowRemoteModels = true;
  env.cacheDir = path.slice(0, -name.length - 1);
  try {
    await AutoTokenizer.from_pretrained(name);
    await (await AutoModel.from_pretrained(name, { dtype: precision ?? "q8", device: "cpu" })).dispose();
  } catch (error) {
    throw unusable(name, `it cannot be fetched (${firstLine(error)})`);
  } finally {
    env.allowRemoteModels = false;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}
