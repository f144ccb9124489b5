import { join } from "node:path";
import { startTidegauge, untilCommitted } from "../test/support/service.ts";
import { cpuOf, cpuOfNamed, residentMiB } from "./process-cpu.ts";

export const COLUMNS = "events     service µs  postgres µs  sum µs   events/s   RSS MiB at ¼ ½ ¾ end, peak";

/**
 * Starts the service with a monitor `m` on an embedded store, waits until `events` records are committed, stops it.
 * A row of COLUMNS: CPU per event of the service and of its PostgreSQL, start-up included.
 */
export async function measureService(
  place: string,
  config: string,
  events: number,
  /** Sum of the positions of all its partitions at the end. */
  committed = events,
): Promise<string> {
  const data = join(place, "data");
  const service = startTidegauge(`store: { kind: embedded, path: ${data} }\nhttp: { port: 0 }\n${config}`, place);
  const pid = service.process.pid!;
  const started = performance.now();
  const resident: number[] = [];
  const watch = setInterval(() => resident.push(residentMiB(pid)), 250);
  await untilCommitted(service, "m", committed, 3_600_000);
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1000;
  const { own, others } = cpuOf(pid);
  const database = others + cpuOfNamed(data, pid);
  const memory = [0.25, 0.5, 0.75, 1].map((at) => resident[Math.ceil(at * resident.length) - 1]!.toFixed(0)).join(" ");
  const per = (ms: number): string => ((ms * 1000) / events).toFixed(2).padStart(9);
  const rate = String(Math.round(events / seconds)).padStart(8);
  await service.kill("SIGTERM");
  const cpu = `${per(own)}  ${per(database)}  ${per(own + database)}`;
  return `${String(events).padEnd(10)} ${cpu}  ${rate}   ${memory}, ${Math.max(...resident).toFixed(0)}`;
}
