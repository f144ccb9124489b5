import { join } from "node:path";
import { expect, vi } from "vitest";
import { COMMANDS } from "../../cli/commands/index.ts";

/** Runs a page's `npx tidegauge …` line with its files in the folder; what it printed. A report wants the page built. */
export async function runLine(line: string, folder: string): Promise<string> {
  const [, name, rest] = /npx tidegauge (\w+) (.*)/.exec(line)!;
  const argv = rest!.split(" ").map((word) => (/\.(yaml|ndjson|html)$/.test(word) ? join(folder, word) : word));
  let said = "";
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const code = await COMMANDS.find((c) => c.name === name)!
    .run(argv)
    .finally(() => stderr.mockRestore());
  expect(code).toBe(0);
  return said;
}
