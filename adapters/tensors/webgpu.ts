import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { TidegaugeError } from "../../engine/errors.ts";
import { findPackage, nativeFolders } from "../../engine/optional-package.ts";
import type { Tfjs, TfjsDevice } from "./tfjs.ts";

export interface WebgpuDevice extends TfjsDevice {
  readonly device: string;
  /** An adapter that computes on the CPU: for tests, never to be called a GPU. */
  readonly software: boolean;
}

interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}

interface Device {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(name: "uncapturederror", hear: (event: { readonly error: Error }) => void): void;
}

interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

interface Dawn {
  create(options: readonly string[]): Gpu;
  readonly globals: object;
}

const DRIVER = "vk_swiftshader_icd.json";
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;
let opened: Promise<WebgpuDevice> | null = null;

export function hasWebgpu(): boolean {
  return findPackage("webgpu") !== null && findPackage("@tensorflow/tfjs-backend-webgpu") !== null;
}

/** Whether this machine shows a graphics device at all; asked before Dawn is loaded. */
export function hasGraphics(): boolean {
  if (process.platform !== "linux") return true;
  return ["/dev/dri/renderD128", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"].some((path) => existsSync(path));
}

/** Dawn's first adapter; where there is none, the software one of `npm run native -- --swiftshader`. Opened once. */
export function openWebgpu(): Promise<WebgpuDevice> {
  opened ??= open().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

async function open(): Promise<WebgpuDevice> {
  const dawn = findPackage("webgpu");
  const backend = findPackage("@tensorflow/tfjs-backend-webgpu");
  if (dawn === null || backend === null) throw unavailable("it is not installed; `npm run native` installs it");
  const { gpu, adapter } = await findAdapter((await loaded(() => dawn.import())) as Dawn);
  const { info } = adapter;
  const words = [info.vendor, info.architecture, info.description || info.device].filter(Boolean).join(" ");
  const software = info.isFallbackAdapter === true || SOFTWARE.test(words);
  const tf = (await loaded(async () => backend.require("@tensorflow/tfjs-core"))) as Tfjs;
  tf.enableProdMode();
  const browser = globalThis as { navigator?: object };
  browser.navigator ??= {};
  Object.defineProperty(browser.navigator, "gpu", { value: gpu, configurable: true });
  await loaded(async () => backend.require(backend.file));
  // Small tensors would stay in the CPU's memory, and be computed there.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  if (!(await tf.setBackend("webgpu"))) throw unavailable(`its device could not be opened (${words})`);
  return { tf, name: "webgpu", software, device: info.description || words, failure: failureOf(tf) };
}

/** A device tells of errors (a shader refused, memory exhausted, the driver gone) by events, and computes on with zeros. */
function failureOf(tf: Tfjs): () => string | null {
  const { device } = tf.backend() as unknown as { readonly device: Device };
  let why: string | null = null;
  device.addEventListener("uncapturederror", ({ error }) => {
    why ??= error.message.split("\n")[0]!;
  });
  void device.lost.then(({ reason, message }) => {
    why ??= `the device is lost (${reason}: ${message})`;
  });
  return () => why;
}

/** An adapter as things are; else with the Vulkan loader of `npm run native -- --swiftshader`; else with its driver too. */
async function findAdapter(dawn: Dawn): Promise<{ gpu: Gpu; adapter: Adapter }> {
  // What TensorFlow.js expects of a browser.
  Object.assign(globalThis, dawn.globals);
  for (const offer of [() => true, offerLoader, offerSwiftshader]) {
    if (!offer()) continue;
    const gpu = dawn.create([]);
    const adapter = await gpu.requestAdapter();
    if (adapter !== null) return { gpu, adapter };
  }
  throw unavailable("there is no graphics adapter here");
}

/** Dawn asks for a Vulkan loader by name; one that lies beside SwiftShader finds the drivers of the system as well. */
function offerLoader(): boolean {
  const folder = swiftshader();
  if (folder === undefined) return false;
  try {
    // It is no addon, so this throws; the library stays, because it must not be unloaded (RTLD_NODELETE).
    const flags = constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | 0x1000;
    process.dlopen({ exports: {} }, join(folder, "libvulkan.so.1"), flags);
  } catch {
    return true;
  }
  return true;
}

function offerSwiftshader(): boolean {
  const folder = swiftshader();
  if (folder === undefined) return false;
  const driver = join(folder, DRIVER);
  process.env.VK_DRIVER_FILES = driver;
  process.env.VK_ICD_FILENAMES = driver;
  return true;
}

function swiftshader(): string | undefined {
  return nativeFolders()
    .map((folder) => join(folder, "swiftshader"))
    .find((folder) => existsSync(join(folder, DRIVER)));
}

async function loaded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    throw unavailable(`it does not load (${why})`);
  }
}

function unavailable(why: string): TidegaugeError {
  return new TidegaugeError("BACKEND_UNAVAILABLE", { backend: "webgpu", why });
}
