/** Compiles the kernels: `node --import tsx adapters/tensors/compile-kernel.ts` writes their files of bytes anew. */
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const OPTIONS = ["--runtime", "stub", "--importMemory", "--noAssert", "-O3", "--converge", "--enable", "simd"];

/** Source → generated file and the name that it exports. */
export const KERNELS = [
  { source: "kernel.as", file: "kernel-bytes.ts", name: "KERNEL_BASE64" },
  { source: "models.as", file: "models-bytes.ts", name: "MODELS_BASE64" },
  {
    source: "../../detectors/json/decimals.as",
    file: "../../detectors/json/decimals-bytes.ts",
    name: "DECIMALS_BASE64",
  },
] as const;

/** What the generated file should be, with the installed compiler. */
export async function kernelFile({ source, name }: (typeof KERNELS)[number]): Promise<string> {
  const text = await readFile(new URL(`./${source}`, import.meta.url), "utf8");
  let bytes = new Uint8Array();
  let complaints = "";
  const { error } = await asc.main(["kernel.ts", "--outFile", "kernel.wasm", ...OPTIONS], {
    readFile: (path: string) => (path === "kernel.ts" ? text : null),
    writeFile: (_path: string, contents: string | Uint8Array) => {
      bytes = Uint8Array.from(contents as Uint8Array);
    },
    listFiles: () => [],
    stderr: {
      write: (line: string | Uint8Array) => {
        complaints += line;
      },
    },
  });
  if (error !== null) return `/* ${complaints}${error.message} */\n`;
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,110}/g) ?? [];
  return [
    `/** Generated from ${basename(source)} by compile-kernel.ts; do not edit. */`,
    `export const ${name} =\n${lines.map((line) => `  "${line}"`).join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kernel of KERNELS) await writeFile(new URL(`./${kernel.file}`, import.meta.url), await kernelFile(kernel));
}
