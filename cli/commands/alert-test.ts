import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { loadConfig } from "../config/load.ts";
import { nearest } from "../config/nearest.ts";
import { createServiceClient, until } from "../service-client.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

const PATIENCE_MS = 15_000;

export const alertTest: CliCommand = {
  name: "alert-test",
  summary: "Send a test alert through the running service, the way that real ones take, and say what became of it.",
  usage: "tidegauge alert-test -c FILE [--channel NAME]",
  options: `  -c, --config FILE    the config (YAML); the service must run
      --channel NAME   which of its channels (default: all)
`,
  example: "tidegauge alert-test -c tidegauge.yaml --channel ops",
  async run(argv) {
    const options = readOptions("alert-test", argv, {
      config: { type: "string", short: "c" },
      channel: { type: "string" },
    });
    const path = need("alert-test", options.config, "-c FILE");
    const loaded = loadConfig(path, DETECTORS, process.env);
    const known = Object.keys(loaded.config.alerts);
    const wanted = options.channel === undefined ? known : [options.channel];
    for (const name of wanted) {
      if (known.includes(name)) continue;
      const near = nearest(name, known);
      const what = `${path} has no channel "${name}"${near ? `; did you mean "${near}"?` : ""}`;
      throw new TidegaugeError("USAGE", { what, command: "alert-test" });
    }
    if (wanted.length === 0)
      throw new TidegaugeError("USAGE", { what: `${path} has no alerts`, command: "alert-test" });
    const service = createServiceClient(loaded, "alert-test");
    let failed = 0;
    for (const name of wanted) {
      const { notification } = await service.ask<{ notification: string }>(
        "POST",
        `/api/v1/alerts/${encodeURIComponent(name)}/test`,
      );
      const told = await until(
        () => service.ask<Told>("GET", `/api/v1/notifications/${notification}`),
        ({ state, error }) => state !== "waiting" || error !== null,
        PATIENCE_MS,
      );
      if (told.state !== "delivered") failed++;
      const why = told.error ?? (told.state === "waiting" ? "not tried yet: muted, limited, or paused" : "");
      process.stdout.write(`${name.padEnd(16)} ${told.state}${why === "" ? "" : `: ${why}`}\n`);
    }
    return failed === 0 ? 0 : 1;
  },
};

interface Told {
  readonly state: string;
  readonly error: string | null;
}
