/** Compiles kernel.as: `node --import tsx adapters/tensors/compile-kernel.ts` writes kernel-bytes.ts anew. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const OPTIONS = ["--runtime", "stub", "--importMemory", "--noAssert", "-O3", "--converge", "--enable", "simd"];

/** What kernel-bytes.ts should be, with the installed compiler. */
export async function kernelFile(): Promise<string> {
  const source = await readFile(new URL("./kernel.as", import.meta.url), "utf8");
  let bytes = new Uint8Array();
  let complaints = "";
  const { error } = await asc.main(["kernel.ts", "--outFile", "kernel.wasm", ...OPTIONS], {
    readFile: (name: string) => (name === "kernel.ts" ? source : null),
    writeFile: (_name: string, contents: string | Uint8Array) => {
      bytes = Uint8Array.from(contents as Uint8Array);
    },
    listFiles: () => [],
    stderr: {
      write: (text: string | Uint8Array) => {
        complaints += text;
      },
    },
  });
  if (error !== null) return `/* ${complaints}${error.message} */\n`;
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,110}/g) ?? [];
  return [
    "/** Generated from kernel.as by compile-kernel.ts; do not edit. */",
    `export const KERNEL_BASE64 =\n${lines.map((line) => `  "${line}"`).join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL("./kernel-bytes.ts", import.meta.url), await kernelFile());
}
