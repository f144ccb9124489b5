import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCudaLibraries } from "./cuda-libraries.ts";

const compiler = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;
if (!compiler) console.warn("SKIPPED: libraries that need each other, there is no C compiler");

test.runIf(compiler)("libraries of the wheels are loaded, whichever needs which", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegauge-cuda-"));
  try {
    const place = (name: string): string => {
      const lib = join(folder, "tensorflow-cuda/nvidia", name, "lib");
      mkdirSync(lib, { recursive: true });
      return lib;
    };
    const source = join(folder, "empty.c");
    writeFileSync(source, "int tidegauge_test_library(void) { return 1; }\n");
    const make = (to: string, name: string, ...more: string[]): void => {
      execFileSync("cc", ["-shared", "-fPIC", source, "-o", join(to, name), `-Wl,-soname,${name}`, ...more]);
    };
    const [needed, needs, other] = [place("cudnn"), place("cublas"), place("nccl")];
    make(needed, "libtidegaugetestb.so.9");
    make(needs, "libtidegaugetesta.so.12", "-Wl,--no-as-needed", `-L${needed}`, "-l:libtidegaugetestb.so.9");
    make(other, "libtidegaugetestc.so.2");
    writeFileSync(join(needed, "libbroken.so.1"), "no library");
    expect(loadCudaLibraries([folder]).map((file) => file.slice(folder.length))).toEqual([
      "/tensorflow-cuda/nvidia/cudnn/lib/libtidegaugetestb.so.9",
      "/tensorflow-cuda/nvidia/cublas/lib/libtidegaugetesta.so.12",
    ]);
    const maps = readFileSync("/proc/self/maps", "utf8");
    expect(maps).toContain("libtidegaugetesta.so.12");
    expect(maps).not.toContain("libtidegaugetestc.so.2");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no such folder, no libraries", () => {
  expect(loadCudaLibraries(["/nowhere"])).toEqual([]);
});
