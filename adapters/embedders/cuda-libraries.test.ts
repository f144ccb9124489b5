import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { loadCudaLibraries, missingLibrary } from "./cuda-libraries.ts";

const compiler = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;
if (!compiler) console.warn("SKIPPED: libraries that need each other, there is no C compiler");

/** A folder, and a way to make libraries in it: `make("site/nvidia/x/lib", "liba.so.1", linker arguments…)`. */
function library(): { folder: string; make(to: string, name: string, ...more: string[]): string } {
  const folder = mkdtempSync(join(tmpdir(), "tidegauge-cuda-"));
  const source = join(folder, "empty.c");
  writeFileSync(source, "int tidegauge_test_library(void) { return 1; }\n");
  const make = (to: string, name: string, ...more: string[]): string => {
    mkdirSync(join(folder, to), { recursive: true });
    const file = join(folder, to, name);
    execFileSync("cc", ["-shared", "-fPIC", source, "-o", file, `-Wl,-soname,${name}`, "-Wl,--no-as-needed", ...more]);
    return file;
  };
  return { folder, make };
}

const beside = (file: string): string[] => [`-L${dirname(file)}`, `-l:${basename(file)}`];
// No CUDA has such versions.
const [CUDNN, CUBLAS, NCCL, CURAND] = ["libcudnn.so.9001", "libcublas.so.9001", "libnccl.so.9001", "libcurand.so.9002"];

test.runIf(compiler)(
  "libraries of the wheels are loaded, whichever needs which, the provider's own before TensorFlow's",
  () => {
    const { folder, make } = library();
    try {
      const needed = make("tensorflow-cuda/nvidia/cudnn/lib", CUDNN);
      make("tensorflow-cuda/nvidia/cublas/lib", CUBLAS, ...beside(needed));
      make("tensorflow-cuda/nvidia/nccl/lib", NCCL);
      writeFileSync(join(dirname(needed), "libcufft.so.1"), "no library");
      expect(loadCudaLibraries([folder]).map((file) => file.slice(folder.length))).toEqual([
        `/tensorflow-cuda/nvidia/cudnn/lib/${CUDNN}`,
        `/tensorflow-cuda/nvidia/cublas/lib/${CUBLAS}`,
      ]);
      const maps = readFileSync("/proc/self/maps", "utf8");
      expect(maps).toContain(CUBLAS);
      expect(maps).not.toContain(NCCL);
      const own = make("onnxruntime-cuda/nvidia/cu13/lib", CURAND);
      expect(loadCudaLibraries([folder])).toEqual([own]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test.runIf(compiler)("a library that is missing is named", () => {
  const { folder, make } = library();
  try {
    const needed = make("lib", "libtidegaugemissing.so.7");
    const provider = make("lib", "libtidegaugeprovider.so", ...beside(needed));
    rmSync(needed);
    expect(missingLibrary(provider)).toBe("libtidegaugemissing.so.7");
    expect(missingLibrary(make("lib", "libtidegaugealone.so"))).toBeNull();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no such folder, no libraries", () => {
  expect(loadCudaLibraries(["/nowhere"])).toEqual([]);
});
