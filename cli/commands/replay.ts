import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { silentLog } from "../../engine/log.ts";
import { openEnvironment } from "../assemble.ts";
import { loadConfig } from "../config/load.ts";
import { pathFrom } from "../paths.ts";
import { monitorNamed } from "../recorded-run.ts";
import { openPast } from "../replay/past.ts";
import { readPlace } from "../replay/place.ts";
import { allSignals, replayRange } from "../replay/run.ts";
import { openStream } from "../replay/stream.ts";
import { replayText } from "../replay/table.ts";
import { type CliCommand, need, readOptions } from "./command.ts";
import { openOutput } from "./output.ts";

/** Both runs were compared, and did not say the same. */
const DIFFERS = 3;

export const replay: CliCommand = {
  name: "replay",
  summary: "Read a range of a monitor's topic or file again, muted, and compare with what was said then.",
  usage:
    "tidegauge replay -c FILE [--monitor NAME] [--from PLACE] [--to PLACE] [--warm-up RECORDS|all] [--within EVENTS] [--json RESULT.json] [--output SIGNALS.ndjson]",
  options: `  -c, --config FILE     the config (YAML): change it to ask what other settings would have said
  -m, --monitor NAME    which of its monitors (default: the only one)
      --from PLACE      begin here (default earliest)
      --to PLACE        end before this (default live: where the live run is, else latest)
                        PLACE: earliest, latest, live, an offset (1200), one for each partition (0:1200,1:900; others
                        are left out), a time (2026-03-01T12:00:00Z), or how long ago (90m, 6h, 2d)
      --warm-up N|all   read so many records of each partition before the range, to learn from (default 0)
  -w, --within EVENTS   a signal of the same kind up to so many events of its key earlier or later is the same (default 0)
  -j, --json FILE       everything, with each signal that differs; - for standard output
  -o, --output FILE     the replay's signals as NDJSON, - for standard output
  -q, --quiet           no table
Nothing is written to the store, no alert is sent, and no group's offsets move; the service may run meanwhile.
Exit code 0: both said the same, or there is nothing to compare; 3: they differ; 1: it failed; 2: wrong use.
`,
  example: "tidegauge replay -c tidegauge.yaml --monitor latency --from 6h --warm-up 100000",
  async run(argv) {
    const options = readOptions("replay", argv, {
      config: { type: "string", short: "c" },
      monitor: { type: "string", short: "m" },
      from: { type: "string", default: "earliest" },
      to: { type: "string", default: "live" },
      "warm-up": { type: "string", default: "0" },
      within: { type: "string", short: "w", default: "0" },
      json: { type: "string", short: "j" },
      output: { type: "string", short: "o" },
      quiet: { type: "boolean", short: "q" },
    });
    const path = need("replay", options.config, "-c FILE");
    const now = Date.now();
    const from = readPlace("--from", options.from, now);
    const to = readPlace("--to", options.to, now);
    const warmUp = options["warm-up"] === "all" ? Number.MAX_SAFE_INTEGER : count("--warm-up", options["warm-up"]);
    const within = count("--within", options.within);
    const loaded = loadConfig(path, DETECTORS, process.env);
    const [name, monitor] = monitorNamed("replay", path, loaded.config.monitors, options.monitor);
    const input = monitor.source?.file ? pathFrom(loaded.folder, monitor.source.file.path) : path;
    const writing = (option: string, file: string | undefined) =>
      file === undefined ? null : openOutput("replay", option, file, input);
    const [json, output] = [writing("--json", options.json), writing("--output", options.output)];
    const stream = await openStream(name, monitor, loaded);
    try {
      const past = await openPast(loaded, path);
      try {
        const env = await openEnvironment(loaded, silentLog);
        const found = await replayRange({ name, monitor, loaded, path, env, stream, past, from, to, warmUp, within });
        json?.write(`${JSON.stringify(found.replay, null, 2)}\n`);
        json?.close();
        for (const signal of output === null ? [] : await allSignals(found.store))
          output!.write(`${JSON.stringify(signal)}\n`);
        output?.close();
        if (options.quiet !== true) process.stderr.write(replayText(found.replay));
        await env.embedder.close?.();
        const { comparison } = found.replay;
        return comparison !== null && comparison.onlyThen.length + comparison.onlyNow.length > 0 ? DIFFERS : 0;
      } finally {
        await past?.close();
      }
    } finally {
      await stream.close();
    }
  },
};

function count(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new TidegaugeError("USAGE", { what: `${option} wants a whole number, not "${text}"`, command: "replay" });
}
