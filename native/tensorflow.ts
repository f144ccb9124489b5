/**
 * The TensorFlow addon. The ordinary way downloads libtensorflow 2.9 (CUDA 11.2, before Hopper); where that is not to
 * be had, or a GPU of today is wanted, the same addon is compiled against the C library inside a wheel from PyPI.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { unpackWheels } from "./wheels.ts";

const VERSION = "2.21.0";
const DOWNLOADS = "https://storage.googleapis.com/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz";
const BIG = { maxBuffer: 2 ** 26 };
const run = promisify(execFile);

export interface TensorflowWish {
  readonly cuda: boolean;
  /** Do not try the ordinary download. */
  readonly wheel: boolean;
}

export async function installTensorflow(
  folder: string,
  { cuda, wheel }: TensorflowWish,
  say: (what: string) => void,
): Promise<void> {
  const addon = join(folder, "node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node");
  const stamp = `${addon}.made`;
  const made = existsSync(addon) && existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  const ordinary = "the ordinary download";
  const wanted = `tensorflow${cuda ? "[and-cuda]" : "-cpu"} ${VERSION}`;
  if (made === wanted || (made === ordinary && !cuda && !wheel)) return say(`tensorflow: kept, made from ${made}`);
  if (!cuda && !wheel && (await reachable(DOWNLOADS))) {
    say("tensorflow: the ordinary way, npm rebuild @tensorflow/tfjs-node");
    try {
      await run("npm", ["rebuild", "@tensorflow/tfjs-node"], { cwd: folder, timeout: 600_000, ...BIG });
      if (!existsSync(addon)) throw new Error("it left no addon");
      writeFileSync(stamp, ordinary);
      return;
    } catch (error) {
      say(`tensorflow: the ordinary way failed (${(error as Error).message.split("\n")[0]})`);
    }
  }
  await fromWheel(folder, cuda, addon, say);
  writeFileSync(stamp, wanted);
}

async function fromWheel(folder: string, cuda: boolean, addon: string, say: (what: string) => void): Promise<void> {
  const name = cuda ? "tensorflow-cuda" : "tensorflow-cpu";
  const site = join(folder, name);
  const complete = join(site, `.complete-${VERSION}`);
  if (!existsSync(complete)) {
    rmSync(site, { recursive: true, force: true });
    // On arm64 the CPU build has no name of its own.
    const wheel = cuda || process.arch !== "x64" ? "tensorflow" : "tensorflow-cpu";
    say(`tensorflow: fetching the wheel ${wheel} ${VERSION} from PyPI (${cuda ? "0.6 GB" : "0.3 GB"})`);
    const wants = await unpackWheels([`${wheel}==${VERSION}`], site);
    if (cuda) {
      say(`tensorflow: fetching ${wants.length} CUDA wheels from PyPI (about 3 GB)`);
      await unpackWheels(wants, site);
      // The library that opens cuSOLVER has every folder in its search path but this one's.
      const there = join(site, "nvidia/cublas/lib/libcusolver.so.11");
      if (!existsSync(there)) symlinkSync("../../cusolver/lib/libcusolver.so.11", there);
    }
    writeFileSync(complete, "");
  }
  say(`tensorflow: compiling the addon against ${name} ${VERSION}`);
  const binding = join(folder, "node_modules/@tensorflow/tfjs-node");
  const library = join(site, "tensorflow");
  mkdirSync(join(addon, ".."), { recursive: true });
  await run(
    process.env.CXX ?? "g++",
    [
      ...["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8", "-DBUILDING_NODE_EXTENSION"],
      `-I${join(folder, "node_modules/node-api-headers/include")}`,
      `-I${join(library, "include")}`,
      `-I${binding}`,
      join(binding, "binding/tfjs_backend.cc"),
      join(binding, "binding/tfjs_binding.cc"),
      ...["-o", addon, `-L${library}`, "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
      `-Wl,-rpath,$ORIGIN/../../../../../${name}/tensorflow`,
    ],
    BIG,
  );
}

async function reachable(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}
