import { type ParseArgsConfig, parseArgs } from "node:util";
import { TidegaugeError } from "../../engine/errors.ts";

export interface CliCommand {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly usage: string;
  /** Lines about options, each indented, or empty. */
  readonly options: string;
  readonly example: string;
  /** Resolves to the exit code. */
  run(argv: readonly string[]): Promise<number>;
}

/** parseArgs with our one-line error. */
export function readOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  command: string,
  argv: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const what = (error as Error).message.split(". ")[0]!;
    throw new TidegaugeError("USAGE", { what, command }, error);
  }
}

export function need(command: string, value: string | undefined, option: string): string {
  if (value === undefined) throw new TidegaugeError("USAGE", { what: `${option} is missing`, command });
  return value;
}
