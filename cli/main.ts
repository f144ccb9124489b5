#!/usr/bin/env node
import { TidegaugeError } from "../engine/errors.ts";
import type { CliCommand } from "./commands/command.ts";
import { nearest } from "./config/nearest.ts";
import { VERSION } from "./version.ts";

/**
 * Runs the command that argv names; the exit code says how it went: 0 done, 1 failed, 2 wrong use or config; a
 * command may have one of its own.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  // Loads the whole program: not for the version.
  const { COMMANDS } = await import("./commands/index.ts");
  const command = COMMANDS.find((c) => c.name === name);
  if (!command) {
    const asked = name === undefined || name === "--help" || name === "-h" || name === "help";
    if (asked) process.stdout.write(overview(COMMANDS));
    else process.stderr.write(`${noSuchCommand(name, COMMANDS)}\n`);
    return asked && name !== undefined ? 0 : 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(
      `${command.summary}\n\nUsage: ${command.usage}\n${command.options}\nExample: ${command.example}\n`,
    );
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof TidegaugeError)) throw error;
    process.stderr.write(`tidegauge ${command.name}: ${error.message} [${error.code}]\n`);
    return error.code.startsWith("CONFIG") || error.code === "USAGE" ? 2 : 1;
  }
}

function noSuchCommand(name: string, commands: readonly CliCommand[]): string {
  const names = commands.map((c) => c.name);
  const near = nearest(name, names);
  const fix = near ? `Did you mean "${near}"?` : `There are ${names.join(", ")}.`;
  return `tidegauge: there is no command "${name}". ${fix} See \`tidegauge --help\`. [USAGE]`;
}

function overview(commands: readonly CliCommand[]): string {
  const rows = commands.map((c) => `  ${c.name.padEnd(11)} ${c.summary}`).join("\n");
  return `Tidegauge ${VERSION}: online drift monitoring for event streams.\n\nUsage: tidegauge COMMAND [options]\n\n${rows}\n\nEach command has --help.\n`;
}

process.exitCode = await main(process.argv.slice(2));
