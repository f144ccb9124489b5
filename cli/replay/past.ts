import { existsSync } from "node:fs";
import type { MonitorDetail, SignalPageDto } from "../../adapters/http/types.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Signal } from "../../engine/signal.ts";
import type { Store } from "../../engine/store.ts";
import type { LoadedConfig } from "../config/load.ts";
import { pathFrom } from "../paths.ts";
import { createServiceClient } from "../service-client.ts";
import { openStore, runName } from "../start.ts";

export interface PastLane {
  readonly topic: string;
  readonly partition: number;
  /** Of the stream that was read; null: it has none. */
  readonly identity: string | null;
  readonly nextOffset: number | null;
}

/** What the live run read and said: from the store, or from the service that has it. */
export interface Past {
  readonly run: string;
  lanes(monitor: string): Promise<readonly PastLane[]>;
  /** In the order in which they were stored. */
  signals(monitor: string): AsyncIterable<Signal>;
  close(): Promise<void>;
}

const PAGE = 1000;

/** Null: there is no store yet, so nothing was ever said. */
export async function openPast(loaded: LoadedConfig, path: string): Promise<Past | null> {
  const { store } = loaded.config;
  if (store.kind === "memory") return fromService(loaded);
  if (store.kind === "embedded" && !existsSync(pathFrom(loaded.folder, store.path))) return null;
  const opened = openStore(loaded, path);
  try {
    await opened.open();
  } catch (error) {
    await opened.close();
    // The running service has it.
    if (error instanceof TidegaugeError && error.code === "STORE_OWNED") return fromService(loaded);
    throw error;
  }
  return fromStore(opened, runName(loaded.config));
}

export function fromStore(store: Store, run: string): Past {
  return {
    run,
    lanes: async (monitor) => (await store.lanes(run)).filter((lane) => lane.monitor === monitor),
    async *signals(monitor) {
      for (let after: string | null | undefined; after !== null; ) {
        const page = await store.signals({ monitor, limit: PAGE, ...(after === undefined ? {} : { after }) });
        yield* page.items;
        after = page.items.length === 0 ? null : page.next;
      }
    },
    close: () => store.close(),
  };
}

function fromService(loaded: LoadedConfig): Past {
  const service = createServiceClient(loaded, "replay");
  return {
    run: runName(loaded.config),
    async lanes(monitor) {
      const { lanes } = await service.ask<MonitorDetail>("GET", `/api/v1/monitors/${encodeURIComponent(monitor)}`);
      return lanes.map((lane) => ({ ...lane, nextOffset: lane.nextOffset === null ? null : Number(lane.nextOffset) }));
    },
    async *signals(monitor) {
      for (let after: string | null | undefined; after !== null; ) {
        const query = new URLSearchParams({ monitor, limit: String(PAGE), ...(after === undefined ? {} : { after }) });
        const page: SignalPageDto = await service.ask<SignalPageDto>("GET", `/api/v1/signals?${query}`);
        yield* page.signals as readonly Signal[];
        after = page.signals.length === 0 ? null : page.next;
      }
    },
    close: async () => undefined,
  };
}
