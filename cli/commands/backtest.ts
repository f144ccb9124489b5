import { basename } from "node:path";
import { DETECTORS } from "../../detectors/index.ts";
import { silentLog } from "../../engine/log.ts";
import type { DeadLetter, Store } from "../../engine/store.ts";
import { factsOf, openEnvironment } from "../assemble.ts";
import { loadConfig } from "../config/load.ts";
import { monitorNamed, openRecorded, recordedSource, recordStore, runThrough } from "../recorded-run.ts";
import { loadReportAssets, reportHtml } from "../report/html.ts";
import { makeReport } from "../report/make.ts";
import { createRecording } from "../report/recording.ts";
import { type CliCommand, need, readOptions } from "./command.ts";
import { type Output, openOutput } from "./output.ts";
import { showProgress } from "./progress.ts";
import { printSummary, startMeasuring, summarise } from "./summary.ts";

export const backtest: CliCommand = {
  name: "backtest",
  summary: "Run a monitor over recorded events at full speed; deterministic.",
  usage:
    "tidegauge backtest -c FILE --monitor NAME --input EVENTS.ndjson [--output SIGNALS.ndjson] [--summary SUMMARY.json] [--report REPORT.html]",
  options: `  -c, --config FILE    the config (YAML)
  -m, --monitor NAME   which of its monitors (default: the only one)
  -i, --input FILE     NDJSON events, gzip by the name's end .gz, - for standard input
  -o, --output FILE    signals as NDJSON, - for standard output
  -s, --summary FILE   counts and speed as JSON, - for standard output
  -r, --report FILE    one HTML file that opens from disk: charts, alarms, explanations, what other thresholds would have
                       said (for that it reads a recorded file a second time)
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
      report: { type: "string", short: "r" },
      quiet: { type: "boolean", short: "q" },
    });
    const path = need("backtest", options.config, "-c FILE");
    const input = need("backtest", options.input, "--input FILE");
    const loaded = loadConfig(path, DETECTORS, process.env);
    const [name, config] = monitorNamed("backtest", path, loaded.config.monitors, options.monitor);
    const assets = options.report === undefined ? null : loadReportAssets();
    const env = await openEnvironment(loaded, silentLog);
    const recording = assets === null ? null : createRecording(factsOf(config).promise);
    const monitor = await openRecorded(name, config, loaded, env, path, { watch: recording?.watch });
    const source = recordedSource(input, loaded.config.limits.recordBytes);
    let refused: DeadLetter | null = null;
    const store = recordStore({ episodes: recording !== null }, (letter) => {
      refused ??= letter;
    });
    const writing = (option: string, file: string | undefined) =>
      file === undefined ? null : openOutput("backtest", option, file, input);
    const [signals, counts] = [writing("--output", options.output), writing("--summary", options.summary)];
    const report = writing("--report", options.report);
    const progress = options.quiet ? null : showProgress(input === "-" ? null : input, monitor.counters);
    const spent = startMeasuring();
    await runThrough(monitor, source, store).finally(() => progress?.stop());
    const summary = await summarise(monitor, store, spent());
    if (signals) await writeSignals(store, signals);
    counts?.write(`${JSON.stringify(summary, null, 2)}\n`);
    counts?.close();
    const inputName = input === "-" ? "standard input" : basename(input);
    if (!options.quiet)
      printSummary(summary, refused, `${name} (${monitor.detector.name}) over ${inputName}`, process.stderr);
    if (report && assets && recording) {
      const run = { name, config, loaded, env, path, input, inputName };
      report.write(reportHtml(await makeReport(run, monitor, store, recording, summary), assets));
      report.close();
    }
    await env.embedder.close?.();
    return 0;
  },
};

async function writeSignals(store: Store, out: Output): Promise<void> {
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.signals({ limit: 1000, ...(after === undefined ? {} : { after }) });
    out.write(page.items.map((signal) => `${JSON.stringify(signal)}\n`).join(""));
    after = page.items.length === 0 ? null : page.next;
  }
  out.close();
}
