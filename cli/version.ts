import { readFileSync } from "node:fs";

/** The nearest package.json above this file is ours, from source and from dist alike. */
function read(): string {
  for (const up of ["../package.json", "../../package.json"]) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (found.name === "tidegauge" && found.version) return found.version;
    } catch {
      // The next one up, then.
    }
  }
  return "0.0.0";
}

export const VERSION = read();
