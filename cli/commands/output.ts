import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { TidegaugeError } from "../../engine/errors.ts";

export interface Output {
  write(text: string): void;
  close(): void;
}

/** Opened before the work begins: who waited an hour shall not hear then that the file cannot be written. - is standard output. */
export function openOutput(command: string, option: string, path: string, input: string): Output {
  if (path === "-") return { write: (text) => void process.stdout.write(text), close: () => {} };
  const fail = (what: string, cause?: unknown) => new TidegaugeError("USAGE", { what, command }, cause);
  if (isSame(path, input)) throw fail(`${option} ${path} is the input, and would be overwritten; name another file`);
  let file: number;
  try {
    file = openSync(path, "w");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "its folder does not exist" : code === "EISDIR" ? "it is a folder" : code;
    throw fail(`${option} ${path} cannot be written: ${why}; name a file in a folder that you may write`, error);
  }
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      throw fail(`${option} ${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`, error);
    }
  };
  return {
    write: (text) =>
      attempt(() => {
        // A short write (a pipe, a disk that fills) is continued or told, never lost.
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }),
    close: () => attempt(() => closeSync(file)),
  };
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one?.isFile() === true && one.dev === other?.dev && one.ino === other.ino;
}
