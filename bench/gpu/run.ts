/**
 * What the compute backends of this machine do, beside the copy bandwidth of the same device measured in the same run:
 *   npm run bench:gpu                                  every backend that is here, at the shapes of a GPU
 *   npm run bench:gpu -- --small --backend wasm        shapes for a CPU; a GPU in software always gets tiny ones
 * --backend tensorflow,webgpu,wasm,cpu  --streams 1024  --features 128,256  --rows 4000,100000  --queries 64,1024
 * --seconds 3 (a measurement)  --only bank,autoencoder,nearest,encoder  --output FILE.json
 * --model FOLDER (a sentence transformer, run by onnxruntime)  --texts 4096  --batches 1,16,64,256
 * ms are wall clock, of a call that waits for its results; GB/s are what has to be moved at the least, by wall clock on a GPU and by
 * process CPU elsewhere. Everything is computed on the backend named, however small.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Backend, openTensors } from "../../adapters/tensors/open.ts";
import { findTensorflow, openTensorflow } from "../../adapters/tensors/tensorflow.ts";
import type { TfjsDevice } from "../../adapters/tensors/tfjs.ts";
import { hasWebgpu, openWebgpu } from "../../adapters/tensors/webgpu.ts";
import { createTypedBank } from "../../detectors/learners/typed-bank.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { autoencoder, bank, copy, encoder, nearest, type Row } from "./works.ts";

const { values: args } = parseArgs({
  options: {
    backend: { type: "string" },
    small: { type: "boolean", default: false },
    streams: { type: "string" },
    features: { type: "string" },
    rows: { type: "string" },
    queries: { type: "string" },
    model: { type: "string" },
    texts: { type: "string" },
    batches: { type: "string" },
    only: { type: "string", default: "bank,autoencoder,nearest,encoder" },
    seconds: { type: "string" },
    output: { type: "string" },
  },
});
interface Shapes {
  readonly streams: number;
  readonly features: readonly number[];
  readonly rows: readonly number[];
  readonly queries: readonly number[];
  readonly copy: number;
  /** Rows and epochs of the autoencoder. */
  readonly train: number;
  readonly epochs: number;
}

const LARGE: Shapes = {
  streams: 1024,
  features: [128, 256],
  rows: [4000, 100_000],
  queries: [64, 1024],
  copy: 2 ** 25,
  train: 8192,
  epochs: 20,
};
const SMALL: Shapes = {
  streams: 64,
  features: [64, 128],
  rows: [4000, 20_000],
  queries: [64],
  copy: 2 ** 22,
  train: 2048,
  epochs: 4,
};
/** A GPU in software only shows that it works. */
const TINY: Shapes = {
  streams: 8,
  features: [16, 32],
  rows: [500],
  queries: [8],
  copy: 2 ** 16,
  train: 256,
  epochs: 1,
};
const list = (given: string | undefined, or: readonly number[]): readonly number[] =>
  given?.split(",").map(Number) ?? or;
const works = args.only.split(",");
const seconds = Number(args.seconds ?? (args.small ? 0.5 : 3));
const backends = (args.backend?.split(",") ?? everyBackend()) as Backend[];

console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`);
const report: unknown[] = [];
for (const backend of backends) await measure(backend);
if (args.output !== undefined) writeFileSync(args.output, `${JSON.stringify(report, null, 1)}\n`);
// Dawn holds the process.
process.exit(0);

async function measure(backend: Backend): Promise<void> {
  let opened: Awaited<ReturnType<typeof openTensors>>;
  try {
    opened = await openTensors({ backend, requireGpu: false }, 0);
  } catch (error) {
    console.log(`\nSKIPPED: ${backend}: ${(error as Error).message}`);
    return;
  }
  const { tensors, fallbacks } = opened;
  console.log(`\n${tensors.backend} on ${tensors.device}, ${tensors.gpu ? "a GPU" : "NO GPU"}`);
  for (const fallback of fallbacks) console.log(`  instead of ${fallback}`);
  const shapes = tensors.backend === "webgpu-software" ? TINY : args.small ? SMALL : LARGE;
  const device = await deviceOf(tensors.backend);
  const base = await copy(device, shapes.copy, seconds);
  const rate = ({ bytes, timed }: Row): number => bytes / (tensors.gpu ? timed.ms : timed.cpu) / 1e6;
  const own = rate(base);
  print(base, rate(base), own);
  const rows: Row[] = [base];
  const add = (row: Row): void => {
    rows.push(row);
    print(row, rate(row), own);
  };
  for (const features of works.includes("bank") ? list(args.features, shapes.features) : []) {
    const shape = { streams: Number(args.streams ?? shapes.streams), features, outputs: 2, events: 10 };
    add(await bank((d) => tensors.modelBank?.(d) ?? createTypedBank(d), shape, seconds));
  }
  const { train: rowsLearnt, epochs } = shapes;
  if (works.includes("autoencoder"))
    add(await autoencoder(tensors, { rows: rowsLearnt, dim: 384, hidden: 64, batch: 256, epochs }, seconds));
  for (const reference of works.includes("nearest") ? list(args.rows, shapes.rows) : []) {
    for (const queries of list(args.queries, shapes.queries)) {
      add(await nearest(tensors, { rows: reference, dim: 384, queries }, seconds));
    }
  }
  if (args.model !== undefined && works.includes("encoder")) {
    for (const batch of list(args.batches, [1, 16, 64, 256])) {
      const texts = Number(args.texts ?? (args.small ? 256 : 4096));
      add(await encoder(args.model, providerOf(tensors), { texts, batch }, seconds));
    }
  }
  const { backend: name, device: card, gpu } = tensors;
  report.push({
    backend: name,
    device: card,
    gpu,
    copyGBs: own,
    rows: rows.map((row) => ({ ...row, GBs: rate(row) })),
  });
}

/** As `compute` chooses it for the product's encoders. */
function providerOf({ backend, gpu }: Tensors): "cpu" | "cuda" | "webgpu" {
  if (!gpu) return "cpu";
  return backend === "tensorflow" ? "cuda" : "webgpu";
}

async function deviceOf(backend: string): Promise<TfjsDevice | null> {
  if (backend === "tensorflow") return openTensorflow();
  return backend.startsWith("webgpu") ? openWebgpu() : null;
}

/** Those that are here, the accelerators first. */
function everyBackend(): readonly string[] {
  const found = ["wasm"];
  if (hasWebgpu()) found.unshift("webgpu");
  else console.log("SKIPPED: webgpu, it is not installed (`npm run native`)");
  if (findTensorflow() !== null) found.unshift("tensorflow");
  else console.log("SKIPPED: tensorflow, it is not installed (`npm run native`)");
  return found;
}

function print({ what, shape, timed, units, unit }: Row, rate: number, own: number): void {
  const us = ((timed.ms * 1000) / units).toFixed(2);
  console.log(
    `  ${what.padEnd(12)} ${shape.padEnd(28)} ${timed.ms.toFixed(3).padStart(10)} ms  ${timed.cpu.toFixed(3).padStart(10)} ms CPU  ` +
      `${us.padStart(10)} µs/${unit.padEnd(5)} ${rate.toFixed(3).padStart(10)} GB/s  ${(rate / own).toFixed(3)} × copy`,
  );
}
