import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { findPackage, nativeFolders } from "../../engine/optional-package.ts";

/** What onnxruntime's CUDA provider asks the linker for, now or when a model wants it. */
const WANTED = /^lib(cudart|cublas|cublasLt|cufft|curand|cudnn|nvrtc)\.so\.\d+$/;
/**
 * Kept for the life of the process (RTLD_NODELETE). Found by their names alone, their symbols stay their own: TensorFlow's
 * CUDA, of another version, may be in the same process.
 */
const FLAGS = constants.dlopen.RTLD_NOW | 0x1000;

/**
 * `npm run native -- --cuda` puts CUDA where no linker looks: beside the provider, where it brought its own, else beside
 * TensorFlow. Loaded here, it is found by its names. Returns the files that are loaded now.
 */
export function loadCudaLibraries(folders = nativeFolders()): readonly string[] {
  const places = ["onnxruntime-cuda", "tensorflow-cuda"].map((name) =>
    folders.flatMap((f) => librariesOf(join(f, name))),
  );
  let left = places.find((files) => files.length > 0) ?? [];
  const loaded: string[] = [];
  // One needs another: as long as some load, the others get another try.
  for (let before = -1; before !== loaded.length; ) {
    before = loaded.length;
    left = left.filter((file) => {
      if (!load(file)) return true;
      loaded.push(file);
      return false;
    });
  }
  return loaded;
}

/** What stands between onnxruntime and its CUDA, in words; onnxruntime says of most of it that a library does not load. */
export function whyNoCuda(said: string): string {
  const failure = /CUDA failure \d+: [^;]*[^;\s]/.exec(said);
  if (failure !== null) return failure[0];
  const addon = findPackage("onnxruntime-node")?.file;
  if (addon === undefined) return said;
  const provider = join(dirname(addon), "../bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so");
  if (!existsSync(provider)) return "its CUDA provider is not installed; `npm run native -- --cuda` installs it";
  const missing = missingLibrary(provider);
  if (missing === null) return said;
  const from = missing.startsWith("libcuda.") ? "the driver brings it" : "`npm run native -- --cuda` installs it";
  return `its CUDA provider needs ${missing}, which is not here; ${from}`;
}

/** The library that a file asks the linker for in vain; null where it lacks none. */
export function missingLibrary(file: string): string | null {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_LAZY);
    return null;
  } catch (error) {
    return /(\S+): cannot open shared object file/.exec(String(error))?.[1] ?? null;
  }
}

function librariesOf(site: string): string[] {
  const nvidia = join(site, "nvidia");
  return namesOf(nvidia).flatMap((name) => {
    const lib = join(nvidia, name, "lib");
    return namesOf(lib)
      .filter((file) => WANTED.test(file))
      .map((file) => join(lib, file));
  });
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** It is no addon of Node's, so a library that was loaded makes Node complain of just that. */
function load(file: string): boolean {
  try {
    process.dlopen({ exports: {} }, file, FLAGS);
    return true;
  } catch (error) {
    return /self-register/.test(String(error));
  }
}
