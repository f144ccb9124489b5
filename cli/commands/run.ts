import { DETECTORS } from "../../detectors/index.ts";
import type { Log } from "../../engine/log.ts";
import { loadConfig } from "../config/load.ts";
import { createLog } from "../log.ts";
import { startService } from "../start.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

/** Below the 30 s after which supervisors kill. */
const GRACE_MS = 25_000;

export const run: CliCommand = {
  name: "run",
  summary: "Run the service: read streams, watch for drift, tell.",
  usage: "tidegauge run -c FILE",
  options: "  -c, --config FILE   the config (YAML)\n",
  example: "tidegauge run -c tidegauge.yaml",
  async run(argv) {
    const path = need("run", readOptions("run", argv, { config: { type: "string", short: "c" } }).config, "-c FILE");
    const loaded = loadConfig(path, DETECTORS, process.env);
    const log = createLog();
    const asked = stopAsked(log);
    const starting = startService(loaded, path, log);
    const service = await Promise.race([starting, asked]);
    if (service === undefined) {
      log.info("stopped while starting");
      // Nothing has been read yet, and an embedded store ends with us.
      process.exit(0);
    }
    await asked;
    await service.stop();
    log.info("stopped");
    // All is closed and committed. A Kafka client that lost a broker may go on asking for it, which nobody waits for.
    process.exit(0);
  },
};

/** Resolves at the first SIGTERM or SIGINT. The second means now, and so does the end of the grace period. */
function stopAsked(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(1);
      asked = true;
      log.info("stopping", { signal });
      setTimeout(() => {
        log.error("the grace period is over; what was not committed will be read again");
        process.exit(1);
      }, GRACE_MS).unref();
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}
