import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const ROOT = join(import.meta.dirname, "../..");
export const PAGE = join(ROOT, "dist/page");
const SOURCE = join(ROOT, "dashboards/page");

/** The built page, made anew when a source is younger. */
export async function builtPage(): Promise<string> {
  await buildIfOlder(join(PAGE, "index.html"), "vite.config.ts");
  return PAGE;
}

/** So that `backtest --report` finds the script and style of its page. */
export async function builtReport(): Promise<void> {
  await buildIfOlder(join(ROOT, "dist/report/report.js"), "vite.report.config.ts");
}

async function buildIfOlder(made: string, config: string): Promise<void> {
  if (!existsSync(made) || statSync(made).mtimeMs < newest(SOURCE))
    await build({ root: SOURCE, configFile: join(SOURCE, config), logLevel: "warn" });
}

function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}
