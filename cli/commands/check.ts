import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { loadConfig } from "../config/load.ts";
import { monitorSettings } from "../settings.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

export const check: CliCommand = {
  name: "check",
  summary: "Validate a config: every mistake with its path and line; nothing is started.",
  usage: "tidegauge check -c FILE",
  options: "  -c, --config FILE   the config (YAML)\n",
  example: "tidegauge check -c tidegauge.yaml",
  async run(argv) {
    const path = need(
      "check",
      readOptions("check", argv, { config: { type: "string", short: "c" } }).config,
      "-c FILE",
    );
    let shown = 0;
    try {
      const { config } = loadConfig(path, DETECTORS, process.env, (mistakes) => {
        for (const m of mistakes) process.stderr.write(`${m.where}: ${m.what}. ${m.fix}\n`);
        shown = mistakes.length;
      });
      for (const [name, monitor] of Object.entries(config.monitors)) monitorSettings(name, monitor, path);
      process.stdout.write(`${path} is valid: ${Object.keys(config.monitors).length} monitor(s).\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof TidegaugeError) || shown === 0) throw error;
      process.stderr.write(`${shown} mistake(s) in ${path}.\n`);
      return 2;
    }
  },
};
