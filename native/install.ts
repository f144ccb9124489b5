/**
 * Installs the optional heavy parts: `npm run native [-- --cuda] [--only tensorflow,webgpu,onnx] [--swiftshader] [--wheel]`.
 * Run again, it keeps what works. The program looks for these parts in the ordinary node_modules, then here
 * (or in the folder that TIDEGAUGE_NATIVE names).
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { installOnnxCuda } from "./onnx-cuda.ts";
import { installSwiftshader } from "./swiftshader.ts";
import { installTensorflow } from "./tensorflow.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PARTS = ["tensorflow", "webgpu", "onnx"] as const;
type Part = (typeof PARTS)[number];

const { values: options } = parseArgs({
  options: {
    cuda: { type: "boolean", default: false },
    wheel: { type: "boolean", default: false },
    swiftshader: { type: "boolean", default: false },
    only: { type: "string", default: PARTS.join(",") },
  },
});
const parts = PARTS.filter((part) => options.only.split(",").includes(part));
const folder = process.env.TIDEGAUGE_NATIVE ?? HERE;
mkdirSync(folder, { recursive: true });

say(`optional parts go to ${folder}`);
await packages();
if (parts.includes("tensorflow")) {
  try {
    await installTensorflow(folder, { cuda: options.cuda, wheel: options.wheel }, say);
  } catch (error) {
    say(`tensorflow: ${reason(error)}`);
  }
}
if (parts.includes("onnx") && options.cuda) {
  try {
    await installOnnxCuda(folder, say);
  } catch (error) {
    say(`onnx: ${reason(error)}; encoders run on WebGPU or the CPU`);
  }
}
if (options.swiftshader) {
  try {
    await installSwiftshader(folder, say);
  } catch (error) {
    say(`swiftshader: ${reason(error)}`);
  }
}
const checks = await Promise.all(parts.map(check));
for (const { part, ok, says } of checks) process.stdout.write(`${ok ? "ok  " : "FAIL"} ${part.padEnd(10)} ${says}\n`);
const lacks = options.swiftshader && !existsSync(join(folder, "swiftshader", "libvk_swiftshader.so"));
process.exitCode = checks.every(({ ok }) => ok) && !lacks ? 0 : 1;

/** The packages of the lock file; their own install scripts, which download, do not run. */
async function packages(): Promise<void> {
  for (const file of ["package.json", "package-lock.json"]) {
    if (folder !== HERE) copyFileSync(join(HERE, file), join(folder, file));
  }
  const lock = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
  const stamp = join(folder, "node_modules", ".tidegauge-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return say("packages: as the lock file says");
  say("packages: npm ci, about 0.9 GB on disk");
  rmSync(stamp, { force: true });
  const arguments_ = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  await promisify(execFile)("npm", arguments_, { cwd: folder, maxBuffer: 2 ** 26 });
  writeFileSync(stamp, lock);
}

/** Whether a fresh process can load the part. */
async function check(part: Part): Promise<{ part: Part; ok: boolean; says: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(HERE, "check.cjs"), folder, part], {
      timeout: 60_000,
    });
    return { part, ok: true, says: stdout.trim() };
  } catch (error) {
    return { part, ok: false, says: reason(error) };
  }
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr ?? "").split("\n").filter((line) => /error/i.test(line));
  return lines[0]?.trim() ?? message.split("\n")[0]!;
}

function say(what: string): void {
  process.stdout.write(`native: ${what}\n`);
}
