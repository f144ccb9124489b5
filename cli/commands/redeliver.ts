import { DETECTORS } from "../../detectors/index.ts";
import { loadConfig } from "../config/load.ts";
import { createServiceClient } from "../service-client.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

export const redeliver: CliCommand = {
  name: "redeliver",
  summary: "Notifications that were given up become due again in the running service.",
  usage: "tidegauge redeliver -c FILE [--channel NAME]",
  options: `  -c, --config FILE    the config (YAML); the service must run
      --channel NAME   which of its channels (default: all)
`,
  example: "tidegauge redeliver -c tidegauge.yaml --channel ops",
  async run(argv) {
    const options = readOptions("redeliver", argv, {
      config: { type: "string", short: "c" },
      channel: { type: "string" },
    });
    const loaded = loadConfig(need("redeliver", options.config, "-c FILE"), DETECTORS, process.env);
    const service = createServiceClient(loaded, "redeliver");
    const wanted = options.channel === undefined ? Object.keys(loaded.config.alerts) : [options.channel];
    for (const name of wanted) {
      const path = `/api/v1/alerts/${encodeURIComponent(name)}/redeliver`;
      const { notifications } = await service.ask<{ notifications: number }>("POST", path);
      process.stdout.write(`${name.padEnd(16)} ${notifications} due again\n`);
    }
    return 0;
  },
};
