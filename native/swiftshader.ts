/** A WebGPU adapter in software, for tests on machines without a GPU: the one that Chromium brings along. Linux, x64. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompressSync } from "node:zlib";

const PACKAGE = "@sparticuz/chromium@153.0.0";
const MEMBER = "package/bin/swiftshader.tar.br";
const run = promisify(execFile);

export async function installSwiftshader(folder: string, say: (what: string) => void): Promise<void> {
  const target = join(folder, "swiftshader");
  if (existsSync(join(target, "libvk_swiftshader.so"))) return say("swiftshader: kept");
  say(`swiftshader: from ${PACKAGE} (70 MB)`);
  const work = mkdtempSync(join(tmpdir(), "tidegauge-swiftshader-"));
  try {
    const { stdout } = await run("npm", ["pack", "--silent", PACKAGE], { cwd: work });
    await run("tar", ["xzf", stdout.trim(), MEMBER], { cwd: work });
    writeFileSync(join(work, "all.tar"), brotliDecompressSync(readFileSync(join(work, MEMBER))));
    mkdirSync(target, { recursive: true });
    const members = ["libvk_swiftshader.so", "libvulkan.so.1", "vk_swiftshader_icd.json"];
    await run("tar", ["xf", join(work, "all.tar"), "-C", target, ...members]);
  } finally {
    rmSync(work, { recursive: true });
  }
}
