import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const ROOT = join(import.meta.dirname, "../..");
export const PAGE = join(ROOT, "dist/page");
const SOURCE = join(ROOT, "dashboards/page");

/** The built page, made anew when a source is younger. */
export async function builtPage(): Promise<string> {
  const index = join(PAGE, "index.html");
  if (!existsSync(index) || statSync(index).mtimeMs < newest(SOURCE)) {
    await build({ root: SOURCE, configFile: join(SOURCE, "vite.config.ts"), logLevel: "warn" });
  }
  return PAGE;
}

function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}
