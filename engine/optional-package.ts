import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Heavy parts (TensorFlow, WebGPU, onnxruntime) are no dependencies: they are used where they are found, first among
 * the ordinary packages, then where `npm run native` puts them (the folder native, or TIDEGAUGE_NATIVE).
 */
export interface OptionalPackage {
  /** Its main file. */
  readonly file: string;
  /** Loads it, or what it depends on, as CommonJS. */
  require(name: string): unknown;
  /** Loads it as an ES module. */
  import(): Promise<unknown>;
}

/** The package, or null where it is not installed. Nothing is loaded yet. */
export function findPackage(name: string): OptionalPackage | null {
  for (const place of [
    fileURLToPath(import.meta.url),
    ...nativeFolders().map((folder) => join(folder, "package.json")),
  ]) {
    const require = createRequire(place);
    try {
      const file = require.resolve(name);
      return { file, require: createRequire(file), import: () => import(pathToFileURL(file).href) as Promise<unknown> };
    } catch {
      // Not here, then.
    }
  }
  return null;
}

/** Folders of `npm run native`, best first. */
export function nativeFolders(): readonly string[] {
  const named = process.env.TIDEGAUGE_NATIVE;
  const folders = named === undefined ? [] : [named];
  let folder = dirname(fileURLToPath(import.meta.url));
  // From source it is beside this room, from the built program one further up.
  for (let up = 0; up < 3; up++) {
    folder = dirname(folder);
    if (existsSync(join(folder, "native", "package.json"))) folders.push(join(folder, "native"));
  }
  return folders;
}
