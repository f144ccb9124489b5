import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { TidegaugeError } from "../../engine/errors.ts";
import { findPackage, type OptionalPackage } from "../../engine/optional-package.ts";
import type { Tfjs, TfjsDevice } from "./tfjs.ts";

export interface TensorflowDevice extends TfjsDevice {
  /** What TensorFlow itself says; it falls back to the CPU without a word. */
  readonly gpu: boolean;
  readonly device: string;
}

/** What the addon's backend says of itself. */
interface Addon {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

const PACKAGES = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];

/** The addon, where it is installed. */
export function findTensorflow(): OptionalPackage | null {
  for (const name of PACKAGES) {
    const found = findPackage(name);
    if (found !== null) return found;
  }
  return null;
}

/** Loads TensorFlow's C library through its addon; a process does so once and keeps it. */
export function openTensorflow(): TensorflowDevice {
  const found = findTensorflow();
  if (found === null) throw unavailable("its addon is not installed; `npm run native` installs it");
  bringBackUtil();
  // Else the library greets on standard error; errors remain.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  // Tensor cores would round the factors of float32 products to ten bits.
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  // Else it takes the whole card at once, and an encoder beside it finds no room.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  let tf: Tfjs;
  try {
    tf = found.require(found.file) as Tfjs;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    throw unavailable(`its addon does not load (${why.trim()}); \`npm run native\` builds it anew`);
  }
  tf.enableProdMode();
  void tf.setBackend("tensorflow");
  const { isUsingGpuDevice: gpu, binding } = tf.backend() as unknown as Addon;
  const version = `TensorFlow ${binding.TF_Version}`;
  return { tf, name: "tensorflow", gpu, device: gpu ? `${graphicsCard()}, ${version}` : `CPU, ${version}` };
}

/** Whether this machine has an NVIDIA device at all; asked before the large library is loaded. */
export function hasNvidia(): boolean {
  return existsSync("/dev/nvidia0") || existsSync("/dev/nvidiactl") || existsSync("/dev/dxg");
}

/** As the driver names it. */
function graphicsCard(): string {
  try {
    const folder = "/proc/driver/nvidia/gpus";
    const [first] = readdirSync(folder);
    const model = /^Model:\s*(.+)$/m.exec(readFileSync(`${folder}/${first}/information`, "utf8"));
    return model?.[1] ?? "GPU";
  } catch {
    return "GPU";
  }
}

/** Node 23 took these away; the addon still calls them while it loads. */
function bringBackUtil(): void {
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

function unavailable(why: string): TidegaugeError {
  return new TidegaugeError("BACKEND_UNAVAILABLE", { backend: "tensorflow", why });
}
