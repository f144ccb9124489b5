import { readdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { nativeFolders } from "../../engine/optional-package.ts";

/** What onnxruntime's CUDA provider asks the linker for. */
const WANTED = /^(cuda_runtime|cublas|cufft|curand|cudnn|cuda_nvrtc|nvjitlink)$/;
/** Kept for the life of the process (RTLD_NODELETE). */
const FLAGS = constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | 0x1000;

/**
 * CUDA comes as wheels beside TensorFlow (`npm run native -- --cuda`), where no linker looks. Loaded here, it is found by its
 * names. Returns the files that are loaded now.
 */
export function loadCudaLibraries(folders = nativeFolders()): readonly string[] {
  const loaded: string[] = [];
  let left = folders.flatMap((folder) => librariesOf(join(folder, "tensorflow-cuda", "nvidia")));
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

function librariesOf(folder: string): string[] {
  return namesOf(folder)
    .filter((name) => WANTED.test(name))
    .flatMap((name) => {
      const lib = join(folder, name, "lib");
      return namesOf(lib)
        .filter((file) => /\.so\.\d+$/.test(file))
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
