import { basename } from "node:path";
import type { Decode } from "../engine/decode.ts";
import type { Detector, Environment, Model, Settings } from "../engine/detector.ts";
import { TidegaugeError } from "../engine/errors.ts";
import { type OpenLearner, type Teacher, teachAll, teachEach } from "../engine/teacher.ts";
import { openReferenceFile, type ReferenceFile } from "../ingest/reference-file.ts";
import type { MonitorConfig } from "./config/schema.ts";
import { pathFrom } from "./paths.ts";

/** The reference file of a monitor, read through, or null where it has none. */
export async function readReference(
  monitor: MonitorConfig,
  detector: Detector,
  decode: Decode,
  folder: string,
  maxLineBytes: number,
): Promise<ReferenceFile | null> {
  const { reference } = monitor;
  if (reference?.file === undefined) return null;
  const file = await openReferenceFile(pathFrom(folder, reference.file), decode, maxLineBytes);
  const least = detector.reference!.least;
  const refuse = (why: string, fix: string): never => {
    throw new TidegaugeError("REFERENCE_UNUSABLE", { file: reference.file!, why, fix });
  };
  if (reference.scope === "monitor") {
    if (file.events < least) refuse(`it has ${file.events} events, ${detector.name} needs ${least}`, "Add events");
    return file;
  }
  const few = file.keys.find((key) => file.count(key) < least);
  if (few !== undefined) {
    const why = `it has ${file.count(few)} events of key ${few}, ${detector.name} needs ${least} of each`;
    refuse(why, "Add events, leave that key out, or set `scope: monitor` for one reference of all keys");
  }
  return file;
}

/** Teaches the keys from the file; what is learnt is the same whenever and wherever it is learnt. */
export function teacherFrom(
  file: ReferenceFile,
  scope: "key" | "monitor",
  {
    detector,
    model,
    settings,
    env,
  }: { detector: Detector; model: Model; settings: Settings<unknown>; env: Environment },
): Teacher & { learn?(): Promise<void> } {
  const open: OpenLearner = (first) => detector.open({ ...settings, reference: { first } }, env);
  return scope === "key" ? teachEach(model, open, file) : teachAll(model, open, file.readAll);
}

/** What of a reference file is part of what was learnt, and what people see of it. */
export function referenceFacts(
  reference:
    | { readonly first: number; readonly file?: string | undefined; readonly scope: "key" | "monitor" }
    | undefined,
): { readonly first: number; readonly file?: string; readonly scope?: "key" | "monitor" } | null {
  if (reference === undefined) return null;
  const { first, file, scope } = reference;
  return file === undefined ? { first } : { first, file: basename(file), scope };
}
