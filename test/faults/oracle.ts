import { createStore } from "../../adapters/store/index.ts";
import { learntWith, type OpenMonitor, openEnvironment, openMonitor } from "../../cli/assemble.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { systemClock } from "../../engine/clock.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import type { Monitor } from "../../engine/monitor.ts";
import { createService } from "../../engine/service.ts";
import type { RawRecord, Source } from "../../engine/source.ts";

/**
 * The single-threaded reference run: the same monitors over the same records, one partition after the other, in one
 * process that nobody disturbs, into a database of its own.
 */
export async function runOracle(
  configPath: string,
  run: string,
  url: string,
  topic: {
    readonly name: string;
    readonly identity: string | null;
    readonly records: Map<number, RawRecord[]>;
    /** Where a partition ends, where that is not after its last record. */
    readonly ends?: ReadonlyMap<number, number>;
  },
  prepare: (monitor: OpenMonitor) => Monitor = (monitor) => monitor,
): Promise<void> {
  const loaded = loadConfig(configPath, DETECTORS, process.env);
  const { config } = loaded;
  const env = await openEnvironment(loaded, silentLog);
  const store = createStore({ kind: "postgres", url });
  await store.open();
  const monitors: Monitor[] = [];
  for (const [name, monitor] of Object.entries(config.monitors)) {
    const opened = await openMonitor(name, monitor, config, env, configPath, run, loaded.folder);
    await store.registerMonitor(run, {
      monitor: name,
      detector: opened.detector.name,
      learntWith: learntWith(monitor, env.embedder, opened.referenceHash),
    });
    monitors.push(prepare(opened));
  }
  const source: Source = {
    description: "the oracle",
    partitionCount: async () => topic.records.size,
    async run(intake) {
      for (const [partition, records] of topic.records) {
        const id = { topic: topic.name, partition };
        await intake.claim(id, topic.identity);
        for (let at = 0; at < records.length; at += 1000) {
          const slice = records.slice(at, at + 1000);
          await intake.deliver(id, { records: slice, nextOffset: slice.at(-1)!.offset + 1 });
        }
        const end = topic.ends?.get(partition);
        if (end !== undefined) await intake.deliver(id, { records: [], nextOffset: end });
      }
    },
    async stop() {},
  };
  const service = createService([{ source, monitors, monitorsOf: () => monitors }], {
    run,
    store,
    meter: NO_METER,
    clock: systemClock,
    log: silentLog,
  });
  try {
    await service.start();
    await service.ended();
  } finally {
    await service.stop();
    await store.close();
  }
}
