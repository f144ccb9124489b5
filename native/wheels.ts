/** C libraries out of Python wheels from PyPI. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const UNPACK = fileURLToPath(new URL("./unpack.py", import.meta.url));
const BIG = { maxBuffer: 2 ** 26 };
const run = promisify(execFile);

/** Libraries and headers of the wheels into `site`; returns what their extra and-cuda asks for. */
export async function unpackWheels(wheels: readonly string[], site: string): Promise<readonly string[]> {
  const folder = join(site, "wheels");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await download(wheels, folder);
    const files = readdirSync(folder).map((file) => join(folder, file));
    const { stdout } = await run("python3", [UNPACK, site, ...files], BIG);
    return stdout.split("\n").filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The wheels hold C libraries: which Python is here does not matter. */
async function download(wheels: readonly string[], to: string): Promise<void> {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const platforms = [
    "manylinux_2_28",
    "manylinux_2_27",
    "manylinux2014",
    "manylinux_2_17",
    "manylinux_2_18",
    "manylinux1",
  ];
  await run(
    "python3",
    [
      ...["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", to],
      ...["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312", "--abi", "none"],
      ...platforms.flatMap((platform) => ["--platform", `${platform}_${machine}`]),
      ...wheels,
    ],
    BIG,
  );
}
