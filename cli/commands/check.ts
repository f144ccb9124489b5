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
    const show = (line: string): void => {
      process.stderr.write(`${line}\n`);
      shown++;
    };
    const told = (work: () => void): void => {
      const before = shown;
      try {
        work();
      } catch (error) {
        if (!(error instanceof TidegaugeError) || error.code !== "CONFIG_INVALID") throw error;
        if (shown === before) show(error.message);
      }
    };
    told(() => {
      const { config } = loadConfig(path, DETECTORS, process.env, (mistakes) => {
        for (const m of mistakes) show(`${m.where}: ${m.what}. ${m.fix}`);
      });
      const monitors = Object.entries(config.monitors);
      for (const [name, monitor] of monitors) told(() => void monitorSettings(name, monitor, path));
      if (shown > 0) return;
      process.stdout.write(`${path} is valid: ${monitors.length} monitor(s).\n`);
      const idle = monitors.filter(([, monitor]) => monitor.source === undefined).map(([name]) => name);
      if (idle.length > 0) process.stdout.write(`Without a source, for backtest only: ${idle.join(", ")}.\n`);
    });
    if (shown === 0) return 0;
    process.stderr.write(`${shown} mistake(s) in ${path}.\n`);
    return 2;
  },
};
