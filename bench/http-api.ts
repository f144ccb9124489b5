/**
 * CPU of the API's dearest answers with 10,000 keys in memory and in an embedded PostgreSQL (the process of the service
 * only). Run: node --import tsx bench/http-api.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHttpServer } from "../adapters/http/server.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { createStore } from "../adapters/store/index.ts";
import { silentLog } from "../engine/log.ts";
import type { LiveKey, MonitorView, ServiceView } from "../engine/service-view.ts";
import { createFakeService, liveKeyOf, NAME, RUN, stateOf } from "../test/http/fake-service.ts";

const KEYS = 10_000;
const folder = mkdtempSync(join(tmpdir(), "tidegauge-bench-"));
const store = createStore({ kind: "embedded", path: join(folder, "pg") });
await store.open();
const { monitor, view: fake } = await createFakeService();
const live = new Map<string, LiveKey>();
const names = Array.from({ length: KEYS }, (_, i) => `tenant-${i}`);
for (const name of names) live.set(name, liveKeyOf(name, { ratio: Math.random() }));
const busy: MonitorView = {
  ...monitor,
  keys: () => live.values(),
  key: (k) => live.get(k) ?? null,
  keysInMemory: KEYS,
};
const view: ServiceView = { ...fake, monitors: () => [busy] };
const lane = await store.claim({ run: RUN, monitor: NAME, topic: "inbox", partition: 0 }, null);
const series = names.flatMap((key) =>
  Array.from({ length: 20 }, (_, i) => ({ key, from: i * 32, to: i * 32 + 31, time: i, ratio: 0.5 })),
);
await store.commit({
  lane: lane.lane,
  epoch: lane.epoch,
  fromOffset: null,
  nextOffset: 1,
  cursor: null,
  states: names.map((n) => stateOf(n)),
  signals: [],
  episodes: [],
  notifications: [],
  deadLetters: [],
  series,
  commands: [],
});
const server = createHttpServer({
  view,
  store,
  metrics: createMetrics({ processMetrics: false }),
  pageDir: folder,
  host: "127.0.0.1",
  port: 0,
  log: silentLog,
});
const { port } = await server.listen();
for (const [path, rounds] of [
  ["/api/v1/monitors", 200],
  [`/api/v1/monitors/${NAME}?limit=100`, 200],
  [`/api/v1/monitors/${NAME}/keys?search=99&limit=100`, 200],
  [`/api/v1/monitors/${NAME}/keys/tenant-77`, 200],
  ["/metrics", 30],
] as const) {
  const get = async () => (await (await fetch(`http://127.0.0.1:${port}${path}`)).text()).length;
  for (let i = 0; i < 5; i++) await get();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let bytes = 0;
  for (let i = 0; i < rounds; i++) bytes = await get();
  const { user, system } = process.cpuUsage(cpu);
  const wall = (performance.now() - begun) / rounds;
  console.log(
    `${path}: ${((user + system) / 1000 / rounds).toFixed(2)} ms CPU (client included), ${wall.toFixed(2)} ms, ${bytes} bytes`,
  );
}
const cpu = process.cpuUsage();
const stop = new AbortController();
const readers = Array.from({ length: 10 }, async () => {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/stream`, { signal: stop.signal });
  for await (const _ of response.body!) if (stop.signal.aborted) break;
});
await new Promise((resolve) => setTimeout(resolve, 5_000));
const { user, system } = process.cpuUsage(cpu);
console.log(`10 event streams: ${((user + system) / 50_000).toFixed(1)} % of a core (clients included)`);
stop.abort();
await Promise.allSettled(readers);
await server.close();
await store.close();
rmSync(folder, { recursive: true });
