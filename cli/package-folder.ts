import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A folder of the package: the program lies in cli/ when run from source, in dist/cli/ when built. */
export function packageFolder(path: string): string | null {
  for (const up of ["../", "../../"]) {
    const folder = fileURLToPath(new URL(`${up}${path}`, import.meta.url));
    if (existsSync(folder)) return folder;
  }
  return null;
}
