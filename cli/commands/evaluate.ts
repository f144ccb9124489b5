import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { silentLog } from "../../engine/log.ts";
import { openEnvironment } from "../assemble.ts";
import { loadConfig } from "../config/load.ts";
import { type Evaluation, evaluateMonitor } from "../evaluate/run.ts";
import { evaluationNotes, evaluationTable } from "../evaluate/table.ts";
import { type Labels, readChangeLines } from "../evaluate/truth.ts";
import { monitorNamed } from "../recorded-run.ts";
import { detectorOf } from "../settings.ts";
import { type CliCommand, need, readOptions } from "./command.ts";
import { openOutput } from "./output.ts";

const WITHIN = "1000";

export const evaluate: CliCommand = {
  name: "evaluate",
  summary: "Hold monitors against a stream whose changes are known: how many found, how late, how many false alarms.",
  usage:
    "tidegauge evaluate -c FILE --input EVENTS.ndjson (--concept POINTER | --flag POINTER | --changes FILE) [--each FIELD] [--monitor NAME …] [--within EVENTS] [--promises N,N,…] [--json RESULT.json]",
  options: `  -c, --config FILE       the config (YAML); its monitors are what is compared
  -m, --monitor NAME      one of them, any number of times (default: all)
  -i, --input FILE        NDJSON events, gzip by the name's end .gz
      --concept POINTER   a field that names the concept: another value than the key's event before is a change; back to
                          the key's first value is a return, which need not be told
      --flag POINTER      a field that is true or 1 at the first event of each change
      --changes FILE      a file with the line numbers (from 0) at which changes begin, one a line
      --each FIELD        changes are of what this field of the event names (conversation, for context-drift), and an alarm is
                          held against the changes of the one that its explanation names; counted in its own events
  -w, --within EVENTS     an alarm so many events after a change, and before the next, is that change's; any other is
                          false (default ${WITHIN})
  -p, --promises N,N,…    run each monitor under each of these promises (events between false alarms), where it makes one
  -j, --json FILE         all figures, - for standard output
  -q, --quiet             no table
`,
  example: "tidegauge evaluate -c tidegauge.yaml --input labelled.ndjson --concept /concept --within 500",
  async run(argv) {
    const options = readOptions("evaluate", argv, {
      config: { type: "string", short: "c" },
      monitor: { type: "string", short: "m", multiple: true },
      input: { type: "string", short: "i" },
      concept: { type: "string" },
      flag: { type: "string" },
      changes: { type: "string" },
      each: { type: "string" },
      within: { type: "string", short: "w", default: WITHIN },
      promises: { type: "string", short: "p" },
      json: { type: "string", short: "j" },
      quiet: { type: "boolean", short: "q" },
    });
    const path = need("evaluate", options.config, "-c FILE");
    const input = need("evaluate", options.input, "--input FILE");
    if (input === "-") throw usage("--input must be a file: each monitor reads it anew");
    const labels = labelsOf(options);
    const within = wholeNumber(options.within, "--within");
    const promises = options.promises?.split(",").map((text) => wholeNumber(text, "--promises")) ?? null;
    const loaded = loadConfig(path, DETECTORS, process.env);
    const { monitors } = loaded.config;
    const names = options.monitor ?? Object.keys(monitors);
    const chosen = names.map((name) => monitorNamed("evaluate", path, monitors, name));
    const out = options.json === undefined ? null : openOutput("evaluate", "--json", options.json, input);
    const env = await openEnvironment(loaded, silentLog);
    const each = options.each ?? null;
    for (const [name, config] of chosen) {
      if (each === null || each in detectorOf(config).event.shape) continue;
      throw usage(`--each ${each} is no field of the events of ${name} (${config.detector})`);
    }
    const run = { loaded, env, path, input, labels, within, each };
    const evaluations: Evaluation[] = [];
    for (const [name, config] of chosen) {
      const under = promises === null ? [] : await eachOf(promises, (p) => evaluateMonitor(run, name, config, p));
      const own = under.length > 0 ? [] : await eachOf([null], (p) => evaluateMonitor(run, name, config, p));
      evaluations.push(...under, ...own);
    }
    await env.embedder.close?.();
    out?.write(`${JSON.stringify({ input, within, evaluations }, finite, 2)}\n`);
    out?.close();
    if (!options.quiet) {
      process.stderr.write(evaluationTable(evaluations));
      for (const note of evaluationNotes(evaluations)) process.stderr.write(`${note}\n`);
    }
    return 0;
  },
};

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<Evaluation | null>): Promise<Evaluation[]> {
  const found: Evaluation[] = [];
  for (const item of items) {
    const one = await work(item);
    if (one !== null) found.push(one);
  }
  return found;
}

function labelsOf(given: { concept?: string; flag?: string; changes?: string }): Labels {
  const { concept, flag, changes } = given;
  if ([concept, flag, changes].filter((one) => one !== undefined).length !== 1)
    throw usage("one of --concept, --flag and --changes must say where the stream changes");
  if (changes !== undefined) return { kind: "lines", lines: readChangeLines(changes) };
  const pointer = concept ?? flag!;
  if (!pointer.startsWith("/"))
    throw usage(`${concept === undefined ? "--flag" : "--concept"} ${pointer} is no JSON pointer; write /${pointer}`);
  return { kind: concept === undefined ? "flag" : "concept", pointer };
}

function wholeNumber(text: string, option: string): number {
  const n = Number(text);
  if (Number.isInteger(n) && n > 0) return n;
  throw usage(`${option} wants whole numbers above 0, not "${text}"`);
}

function usage(what: string): TidegaugeError {
  return new TidegaugeError("USAGE", { what, command: "evaluate" });
}

/** JSON knows no infinity: an open end is null. */
function finite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
