import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { forgottenEnding } from "../../engine/forget.ts";
import { silentLog } from "../../engine/log.ts";
import { CLIENTS } from "../../ingest/kafka.ts";
import { routesOf } from "../channels.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { internalTopicOf, kafkaConnection } from "../feeds.ts";
import { openStore, runName } from "../start.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

export const reset: CliCommand = {
  name: "reset",
  summary: "Forget a monitor's states and positions (its signals stay): it learns anew from its stream's start.",
  usage: "tidegauge reset -c FILE --monitor NAME",
  options:
    "  -c, --config FILE    the config (YAML)\n  -m, --monitor NAME   the monitor; the service must not be running\n",
  example: "tidegauge reset -c tidegauge.yaml --monitor support-bot",
  async run(argv) {
    const options = readOptions("reset", argv, {
      config: { type: "string", short: "c" },
      monitor: { type: "string", short: "m" },
    });
    const path = need("reset", options.config, "-c FILE");
    const monitor = need("reset", options.monitor, "--monitor NAME");
    const loaded = loadConfig(path, DETECTORS, process.env);
    if (!loaded.config.monitors[monitor])
      throw new TidegaugeError("USAGE", { what: `${path} has no monitor "${monitor}"`, command: "reset" });
    await dropInternalTopic(loaded, monitor);
    const store = openStore(loaded, path);
    await store.open();
    try {
      await store.reset(
        runName(loaded.config),
        monitor,
        forgottenEnding((name) => routesOf(loaded.config, name)),
      );
    } finally {
      await store.close();
    }
    process.stdout.write(`Monitor ${monitor} forgot its states and positions.\n`);
    return 0;
  },
};

/** The internal topic goes with the states: what it holds would be taken for what is written anew. */
async function dropInternalTopic({ config, folder }: LoadedConfig, monitor: string): Promise<void> {
  const internal = internalTopicOf(monitor, config.monitors[monitor]!, config);
  if (internal === null) return;
  const { cluster } = await CLIENTS[config.kafka!.client](kafkaConnection(config, folder), silentLog);
  try {
    const refused = await cluster.deleteTopic(internal.topic);
    if (refused === null) return;
    throw new TidegaugeError("REPARTITION_TOPIC", {
      monitor,
      topic: internal.topic,
      why: `the brokers do not delete it (${refused}), so nothing was forgotten`,
      fix: "Allow it, or delete the topic yourself, and reset again",
    });
  } finally {
    await cluster.close();
  }
}
