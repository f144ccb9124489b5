/**
 * onnxruntime's CUDA provider. Its own script fetches it from NuGet; where that is not to be reached, the wheel
 * onnxruntime-gpu of the same version from PyPI has it, built for CUDA 13, whose libraries come as wheels too.
 */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { unpackWheels } from "./wheels.ts";

const LIBRARIES = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];
/** What the provider of the wheel is linked with. */
const CUDA = ["nvidia-cublas==13.0.*", "nvidia-cuda-runtime==13.0.*", "nvidia-curand==10.4.0.*"];

export async function installOnnxCuda(folder: string, say: (what: string) => void): Promise<void> {
  const addon = join(folder, "node_modules", "onnxruntime-node");
  const place = join(addon, "bin/napi-v6/linux/x64");
  if (!existsSync(place)) return say("onnx: CUDA is for Linux on x64");
  const there = (): boolean => LIBRARIES.every((library) => existsSync(join(place, library)));
  if (there()) return say("onnx: its CUDA provider is kept");
  say("onnx: fetching its CUDA provider from NuGet (0.3 GB)");
  // What npm says of a package being installed makes the script leave at once.
  const { npm_package_json: _, npm_config_local_prefix: __, ...env } = process.env;
  try {
    await promisify(execFile)(process.execPath, ["script/install.js"], {
      cwd: addon,
      env: { ...env, ONNXRUNTIME_NODE_INSTALL: "cuda12" },
      timeout: 600_000,
    });
    if (there()) return;
  } catch {
    // A download that broke off is no library.
    for (const library of LIBRARIES) rmSync(join(place, library), { force: true });
  }
  const { version } = JSON.parse(readFileSync(join(addon, "package.json"), "utf8")) as { version: string };
  const wheel = `onnxruntime-gpu==${version}`;
  say(`onnx: NuGet cannot be reached; fetching the wheel ${wheel} and CUDA 13 from PyPI (0.7 GB)`);
  const site = join(folder, "onnxruntime-cuda");
  await unpackWheels([wheel, ...CUDA], site);
  for (const library of LIBRARIES) copyFileSync(join(site, "onnxruntime/capi", library), join(place, library));
  rmSync(join(site, "onnxruntime"), { recursive: true });
}
