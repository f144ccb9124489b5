import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { FakeModel } from "../../adapters/turns/fake-server.ts";
import { COMMANDS } from "../../cli/commands/index.ts";
import { contextDrift } from "../../detectors/context-drift/context-drift.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";

const VOCABULARY = [" the", " card", " is", " late", " lost", "é", "!", "?"];

/** The likeliest token at position i is `says[i]`, with this share; the others share the rest. */
export function sayingModel(
  says: readonly string[],
  share: number,
  cut = (text: string) => split(text, VOCABULARY),
): FakeModel {
  return {
    says,
    at: (i) =>
      Object.fromEntries(
        VOCABULARY.map((t) => [t, Math.log(t === says[i] ? share : (1 - share) / (VOCABULARY.length - 1))]),
      ),
    cut,
  };
}

function split(text: string, vocabulary: readonly string[]): string[] {
  const tokens: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const token = vocabulary.find((t) => rest.startsWith(t)) ?? rest[0]!;
    tokens.push(token);
    rest = rest.slice(token.length);
  }
  return tokens;
}

/** An event that `tidegauge turns` wrote. */
export interface Turn {
  readonly conversation: string | number;
  readonly turn?: number;
  readonly model?: string;
  readonly intervention?: string;
  readonly positions: { test: [string, number][]; reference: [string, number][] }[];
}

export interface MadeTurns {
  readonly code: number;
  /** As the detector reads them, with their positions. */
  readonly events: readonly Turn[];
  /** What was told of lines without an event, and those lines. */
  readonly told: readonly string[];
  readonly refused: readonly string[];
}

/** Runs `tidegauge turns` over these lines (JSON, or text as it is); its events are read as the service reads them. */
export async function makeTurns(lines: readonly (object | string)[], args: readonly string[]): Promise<MadeTurns> {
  const folder = mkdtempSync(join(tmpdir(), "turns-"));
  const at = (name: string) => join(folder, name);
  writeFileSync(at("in"), lines.map((l) => `${typeof l === "string" ? l : JSON.stringify(l)}\n`).join(""));
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const command = COMMANDS.find((c) => c.name === "turns")!;
    const code = await command.run(["-i", at("in"), "-o", at("out"), "--refused", at("refused"), ...args]);
    const decode = createDecoder({ event: contextDrift.event, reads: contextDrift.reads });
    const events = linesOf(at("out")).map((l) => {
      const decoded = decode({ offset: 0, key: null, time: null, value: Buffer.from(l) })!;
      if ("reason" in decoded) throw new RangeError(decoded.detail);
      return { ...(decoded.event as object), positions: (JSON.parse(l) as Turn).positions } as Turn;
    });
    const told = stderr.mock.calls.map(([text]) => String(text)).filter((text) => text.startsWith("line "));
    return { code, events, told, refused: linesOf(at("refused")) };
  } finally {
    stderr.mockRestore();
    rmSync(folder, { recursive: true });
  }
}

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((l) => l !== "");
}
