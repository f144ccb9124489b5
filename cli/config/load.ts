import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import type { Detector } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { nearest } from "./nearest.ts";
import { type Config, configSchema } from "./schema.ts";
import type { Secret } from "./secret.ts";
import { unknownKey, word } from "./wording.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** Folder of the file: relative paths start here. */
  readonly folder: string;
}

/** One mistake: where (file:line path), what, what to do. */
export interface Mistake {
  readonly line: number;
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

/** Reads, fills in ${ENV}, validates. Throws CONFIG_INVALID for the first mistake; `all` hears every one. */
export function loadConfig(
  path: string,
  detectors: readonly Detector[],
  env: NodeJS.ProcessEnv,
  all?: (mistakes: readonly Mistake[]) => void,
): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
    throw new TidegaugeError("CONFIG_UNREADABLE", { path, why }, error);
  }
  const result = parseConfig(text, path, detectors, env);
  if (!("mistakes" in result)) return { config: result.config, folder: dirname(resolve(path)) };
  all?.(result.mistakes);
  const { where, what, fix } = result.mistakes[0]!;
  throw new TidegaugeError("CONFIG_INVALID", { where, what, fix });
}

export function parseConfig(
  text: string,
  path: string,
  detectors: readonly Detector[],
  env: NodeJS.ProcessEnv,
): { config: Config } | { mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  // A bare ${NAME} would open a map inside { … }: it is read as a word and filled in afterwards.
  const doc = parseDocument(text.replace(VARIABLE, "$1__ENV_$2__"), { lineCounter: lines, prettyErrors: false });
  if (doc.errors.length > 0) {
    return {
      mistakes: doc.errors.map((e) => {
        const line = lines.linePos(e.pos[0]).line;
        return { line, where: `${path}:${line}`, what: e.message.split("\n")[0]!, fix: "Mend the YAML" };
      }),
    };
  }
  const place = (at: PropertyKey[], keyOf?: string) => locate(doc, lines, path, at, keyOf);
  const given = (at: PropertyKey[]) => (at.length === 0 ? undefined : doc.getIn(at));
  const mistakes = fillEnvironment(doc, lines, path, env);
  const parsed = configSchema(detectors).safeParse(doc.toJS() ?? {});
  if (!parsed.success)
    for (const issue of parsed.error.issues) mistakes.push(...explain(issue, place, given, detectors));
  else mistakes.push(...crossCheck(parsed.data, place, detectors));
  if (mistakes.length > 0) return { mistakes: mistakes.sort((a, b) => a.line - b.line) };
  return { config: parsed.data! };
}

/** Reads a secret where it is: text, environment or file. */
export function readSecret(secret: Secret, env: NodeJS.ProcessEnv, where: string): string {
  if (typeof secret === "string") return secret;
  if ("env" in secret) {
    const value = env[secret.env];
    if (value) return value;
    throw new TidegaugeError("CONFIG_INVALID", {
      where,
      what: `the environment has no ${secret.env}`,
      fix: `Set ${secret.env}`,
    });
  }
  try {
    return readFileSync(secret.file, "utf8").trim();
  } catch (error) {
    throw new TidegaugeError(
      "CONFIG_INVALID",
      { where, what: (error as Error).message, fix: "Name a readable file" },
      error,
    );
  }
}

const VARIABLE = /(^|[^$])\$\{([A-Za-z_][A-Za-z0-9_]*)\}/gm;

function fillEnvironment(doc: Document, lines: LineCounter, path: string, env: NodeJS.ProcessEnv): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(doc, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string") return;
      node.value = node.value.replace(/__ENV_([A-Za-z_][A-Za-z0-9_]*?)__/g, (_, name: string) => {
        const value = env[name];
        if (value !== undefined) return value;
        const line = lines.linePos(node.range?.[0] ?? 0).line;
        mistakes.push({
          line,
          where: `${path}:${line}`,
          what: `the environment has no ${name}`,
          fix: `Set ${name}, or write the value`,
        });
        return `\${${name}}`;
      });
    },
  });
  return mistakes;
}

type Place = (at: PropertyKey[], keyOf?: string) => { line: number; where: string };

function locate(
  doc: Document,
  lines: LineCounter,
  path: string,
  at: PropertyKey[],
  keyOf?: string,
): { line: number; where: string } {
  const keys = keyOf === undefined ? at : [...at, keyOf];
  let offset = 0;
  for (let depth = keys.length; depth >= 0; depth--) {
    const parent = depth === 0 ? doc.contents : doc.getIn(keys.slice(0, depth - 1), true);
    const key = keys[depth - 1];
    const pairs = (parent as { items?: { key?: unknown }[] } | null)?.items ?? [];
    const pair = pairs.find((p) => isScalar(p.key) && String(p.key.value) === String(key));
    if (pair && isScalar(pair.key) && pair.key.range) {
      offset = pair.key.range[0];
      break;
    }
    const node =
      depth === 0 ? null : (doc.getIn(keys.slice(0, depth), true) as { range?: [number, number, number] } | undefined);
    if (node?.range) {
      offset = node.range[0];
      break;
    }
  }
  const line = lines.linePos(offset).line;
  const dotted = keys.map(String).join(".");
  return { line, where: `${path}:${line}${dotted === "" ? "" : ` ${dotted}`}` };
}

function explain(
  issue: z.core.$ZodIssue,
  place: Place,
  given: (at: PropertyKey[]) => unknown,
  detectors: readonly Detector[],
): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(issue.path, detectors);
    return issue.keys.map((key) => ({ ...place([...issue.path], key), ...unknownKey(key, known) }));
  }
  if (issue.code === "invalid_union" && issue.path.at(-1) === "detector") {
    const names = detectors.map((d) => d.name);
    return [{ ...place([...issue.path]), what: "no such detector", fix: `Choose one of ${names.join(", ")}` }];
  }
  return [{ ...place([...issue.path]), ...word(issue, given([...issue.path])) }];
}

/** The names that the schema knows at a place. */
function knownKeys(path: PropertyKey[], detectors: readonly Detector[]): readonly string[] {
  let level: unknown = configSchema(detectors);
  const step = (schema: unknown, key: PropertyKey): unknown => {
    const def = (schema as { def?: Record<string, unknown> })?.def;
    if (!def) return undefined;
    if (def.innerType) return step(def.innerType, key);
    if (def.in) return step(inner(def), key);
    if (def.type === "object") return (def.shape as Record<PropertyKey, unknown>)[key];
    if (def.type === "record") return def.valueType;
    if (def.type === "array") return def.element;
    if (def.type === "union") return (def.options as unknown[]).map((o) => step(o, key)).filter(Boolean);
    return undefined;
  };
  for (const key of path) level = Array.isArray(level) ? level.flatMap((l) => step(l, key) ?? []) : step(level, key);
  const names = (schema: unknown): string[] => {
    if (Array.isArray(schema)) return schema.flatMap(names);
    const def = (schema as { def?: Record<string, unknown> })?.def;
    if (!def) return [];
    if (def.innerType) return names(def.innerType);
    if (def.in) return names(inner(def));
    if (def.type === "object") return Object.keys(def.shape as object);
    if (def.type === "union") return (def.options as unknown[]).flatMap(names);
    return [];
  };
  return [...new Set(names(level))];
}

/** Of a pipe the side that describes what people write: after a preprocessing step, not before it. */
function inner(def: Record<string, unknown>): unknown {
  const before = (def.in as { def?: { type?: string } }).def;
  return before?.type === "transform" ? def.out : def.in;
}

/** Its keys are those of the records, which a file does not have. */
function keyOfRecord({ source, key }: Config["monitors"][string]): boolean {
  return source?.kafka !== undefined && key === undefined;
}

function placeOfField({ fields }: Config["monitors"][string], field: string): string | undefined {
  return (fields as Readonly<Record<string, string>>)[field];
}

/** What one value says of another. */
function crossCheck(config: Config, place: Place, detectors: readonly Detector[]): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [name, channel] of Object.entries(config.alerts)) {
    if (!channel.kafka || config.kafka) continue;
    mistakes.push({
      ...place(["alerts", name, "kafka"]),
      what: "writes to Kafka, but no brokers are known",
      fix: "Add `kafka: { brokers: [host:port] }`",
    });
  }
  for (const [name, monitor] of Object.entries(config.monitors)) {
    if (monitor.source?.kafka && !config.kafka) {
      mistakes.push({
        ...place(["monitors", name, "source", "kafka"]),
        what: "reads from Kafka, but no brokers are known",
        fix: "Add `kafka: { brokers: [host:port] }`",
      });
    }
    const format = monitor.source?.kafka?.format;
    if (config.kafka && !config.kafka.registry && (format === "avro" || format === "protobuf")) {
      mistakes.push({
        ...place(["monitors", name, "source", "kafka", "format"]),
        what: `${format} records name their schemas, but no registry is known`,
        fix: "Add `registry: { url: … }` under kafka",
      });
    }
    if (monitor.reference?.file !== undefined && monitor.reference.scope === "key" && keyOfRecord(monitor)) {
      mistakes.push({
        ...place(["monitors", name, "reference", "file"]),
        what: "the file's lines have no record key, and nothing else names their keys",
        fix: "Name the key's place with `key`, or set `scope: monitor` for one reference of all keys",
      });
    }
    if (monitor.repartition !== false) {
      const wrong = wrongRepartition(name, monitor, config) ?? wrongStages(monitor, detectors);
      if (wrong !== null) mistakes.push({ ...place(["monitors", name, "repartition"]), ...wrong });
    }
    const within = detectors.find((d) => d.name === monitor.detector)?.within;
    const keys = [monitor.key ?? []].flat();
    const among = within === undefined ? undefined : placeOfField(monitor, within);
    if (among !== undefined && keys.includes(among)) {
      mistakes.push({
        ...place(["monitors", name, "key"]),
        what: `${among} is the ${within} itself: each key would have one, and nothing to compare it with`,
        fix: "Name what they share, like /model, or leave `key` out for one key",
      });
    }
    if (monitor.falseAlarms && monitor.falseDiscoveries) {
      mistakes.push({
        ...place(["monitors", name, "falseDiscoveries"]),
        what: "cannot stand beside falseAlarms: they are two promises for one threshold",
        fix: "Keep one of them",
      });
    }
    for (const list of ["alerts", "reminders"] as const) {
      for (const channel of monitor[list]) {
        if (config.alerts[channel]) continue;
        const near = nearest(channel, Object.keys(config.alerts));
        mistakes.push({
          ...place(["monitors", name, list]),
          what: `no channel "${channel}" under alerts`,
          fix: near ? `Did you mean "${near}"?` : `Add it under alerts`,
        });
      }
    }
  }
  return mistakes;
}

/** Why a monitor's work cannot be done in two stages. */
function wrongStages(
  { detector, repartition, key, reference }: Config["monitors"][string],
  detectors: readonly Detector[],
): { what: string; fix: string } | null {
  if (typeof repartition === "boolean" || repartition.stages === 1) return null;
  const fix = "Take `stages` out: its events are then keyed anew one by one";
  if (!detectors.find((d) => d.name === detector)?.stages)
    return { what: `${detector} does all its work in one place: it has no second stage`, fix };
  if (key === undefined)
    return {
      what: "gathers by key, and the record's own key is the conversation's",
      fix: "Name the `key`, like /model",
    };
  if (reference?.file !== undefined)
    return { what: "cannot learn from a reference file: its turns belong to no partition", fix };
  return null;
}

/** Why a monitor's events cannot be keyed anew. */
function wrongRepartition(
  name: string,
  { source, order }: Config["monitors"][string],
  { kafka }: Config,
): { what: string; fix: string } | null {
  if (source !== undefined && source.kafka === undefined)
    return { what: "is for a Kafka topic: any other source has one partition", fix: "Take it out" };
  if (order === "none")
    return { what: "gives each key one state, order: none one on each partition", fix: "Keep one of them" };
  if (name.includes(".")) return { what: "names a topic after the monitor, which has a dot", fix: "Name it without" };
  if (kafka && !/^[a-zA-Z0-9._-]{1,160}$/.test(kafka.group))
    return {
      what: `names a topic after the group, and no topic is called ${kafka.group}`,
      fix: "Choose a group of letters, digits, '.', '_', '-' (at most 160)",
    };
  return null;
}
