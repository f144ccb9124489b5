import { basename } from "node:path";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { systemClock } from "../../engine/clock.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import type { Monitor } from "../../engine/monitor.ts";
import { createService } from "../../engine/service.ts";
import type { Source } from "../../engine/source.ts";
import type { DeadLetter, Store } from "../../engine/store.ts";
import { createFileSource } from "../../ingest/file.ts";
import { createStdinSource } from "../../ingest/stdin.ts";
import { openEnvironment, openMonitor } from "../assemble.ts";
import { loadConfig } from "../config/load.ts";
import { nearest } from "../config/nearest.ts";
import { type CliCommand, need, readOptions } from "./command.ts";
import { type Output, openOutput } from "./output.ts";
import { type Progress, showProgress } from "./progress.ts";
import { printSummary, type Summary, summarise } from "./summary.ts";

export const backtest: CliCommand = {
  name: "backtest",
  summary: "Run a monitor over recorded events at full speed; deterministic.",
  usage:
    "tidegauge backtest -c FILE --monitor NAME --input EVENTS.ndjson [--output SIGNALS.ndjson] [--summary SUMMARY.json]",
  options: `  -c, --config FILE    the config (YAML)
  -m, --monitor NAME   which of its monitors (default: the only one)
  -i, --input FILE     NDJSON events, gzip by the name's end .gz, - for standard input
  -o, --output FILE    signals as NDJSON, - for standard output
  -s, --summary FILE   counts and speed as JSON, - for standard output
  -q, --quiet          no table
`,
  example: "tidegauge backtest -c tidegauge.yaml --monitor support-bot --input events.ndjson --output signals.ndjson",
  async run(argv) {
    const options = readOptions("backtest", argv, {
      config: { type: "string", short: "c" },
      monitor: { type: "string", short: "m" },
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o" },
      summary: { type: "string", short: "s" },
      quiet: { type: "boolean", short: "q" },
    });
    const path = need("backtest", options.config, "-c FILE");
    const input = need("backtest", options.input, "--input FILE");
    const loaded = loadConfig(path, DETECTORS, process.env);
    const { config } = loaded;
    const name = options.monitor ?? only(Object.keys(config.monitors));
    const monitorConfig = config.monitors[name];
    if (!monitorConfig) {
      const near = nearest(name, Object.keys(config.monitors));
      throw new TidegaugeError("USAGE", {
        what: `${path} has no monitor "${name}"${near ? `; did you mean "${near}"?` : ""}`,
        command: "backtest",
      });
    }
    const env = await openEnvironment(loaded, silentLog);
    // A file has lines of JSON, however the topic's records are written.
    const recorded = { ...monitorConfig, source: undefined };
    const opened = await openMonitor(name, recorded, config, env, path, "backtest", loaded.folder);
    await opened.teach();
    // Commits by count alone: the wall clock must not matter.
    const monitor: Monitor = {
      ...opened,
      routes: [],
      reminders: [],
      checkpoint: { events: 50_000, ms: Number.POSITIVE_INFINITY },
    };
    const maxLineBytes = config.limits.recordBytes;
    const source =
      input === "-"
        ? createStdinSource({ maxLineBytes })
        : createFileSource({ path: input, follow: false, maxLineBytes });
    let refused: DeadLetter | null = null;
    const store = lean(createMemoryStore(), (letter) => {
      refused ??= letter;
    });
    const writing = (option: string, file: string | undefined) =>
      file === undefined ? null : openOutput("backtest", option, file, input);
    const [signals, counts] = [writing("--output", options.output), writing("--summary", options.summary)];
    const progress = options.quiet ? null : showProgress(input === "-" ? null : input, monitor.counters);
    const summary = await runThrough(monitor, source, store, progress);
    if (signals) await writeSignals(store, signals);
    counts?.write(`${JSON.stringify(summary, null, 2)}\n`);
    counts?.close();
    if (!options.quiet)
      printSummary(
        summary,
        refused,
        `${name} (${monitor.detector.name}) over ${input === "-" ? "standard input" : basename(input)}`,
        process.stderr,
      );
    await env.embedder.close?.();
    return 0;
  },
};

/** The whole stream through the engine over a store in memory. */
export async function runThrough(
  monitor: Monitor,
  source: Source,
  store: Store,
  progress: Progress | null,
): Promise<Summary> {
  const service = createService([{ source, monitors: [monitor], monitorsOf: () => [monitor] }], {
    run: monitor.run,
    store,
    meter: NO_METER,
    clock: systemClock,
    log: silentLog,
  });
  const cpu = process.cpuUsage();
  const started = performance.now();
  try {
    await service.start();
    await service.ended();
    // A source that can read no further has told so, and ended.
    for (const { intake } of service.feeds()) {
      for (const lane of intake.lanes()) {
        const error = lane.error() ?? intake.errorOf(lane.name);
        if (error) throw error;
        await lane.finish();
      }
    }
  } finally {
    progress?.stop();
    await service.stop();
  }
  const used = process.cpuUsage(cpu);
  return summarise(monitor, store, {
    seconds: (performance.now() - started) / 1000,
    cpuMicroseconds: used.user + used.system,
  });
}

/** Keeps signals and states; what only a live service shows would fill the memory. */
function lean(store: Store, rejected: (letter: DeadLetter) => void): Store {
  return {
    ...store,
    commit: (c) => {
      c.deadLetters.forEach(rejected);
      return store.commit({ ...c, deadLetters: [], series: [], episodes: [], notifications: [] });
    },
  };
}

async function writeSignals(store: Store, out: Output): Promise<void> {
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.signals({ limit: 1000, ...(after === undefined ? {} : { after }) });
    out.write(page.items.map((signal) => `${JSON.stringify(signal)}\n`).join(""));
    after = page.items.length === 0 ? null : page.next;
  }
  out.close();
}

function only(names: readonly string[]): string {
  if (names.length === 1) return names[0]!;
  throw new TidegaugeError("USAGE", {
    what: `--monitor is missing; the config has ${names.join(", ")}`,
    command: "backtest",
  });
}
