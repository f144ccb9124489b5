import { type Format, jsonFormat } from "../ingest/decode/formats/format.ts";
import { LIMITS } from "../ingest/decode/json.ts";
import { readSecret } from "./config/load.ts";
import type { Config, MonitorConfig } from "./config/schema.ts";

/** How a monitor's records are written. Libraries are loaded only where they are needed. */
export async function formatOf(monitor: MonitorConfig, config: Config): Promise<Format> {
  const limits = { ...LIMITS, recordBytes: config.limits.recordBytes };
  const name = monitor.source?.kafka?.format ?? "json";
  if (name === "json") return jsonFormat(limits);
  if (name === "cloudevents") {
    const { cloudEventsFormat } = await import("../ingest/decode/formats/cloudevents.ts");
    return cloudEventsFormat(limits);
  }
  const { createRegistry } = await import("../ingest/registry/registry.ts");
  const { registeredFormat } = await import("../ingest/decode/formats/registered.ts");
  const { url, username, password } = config.kafka!.registry!;
  const registry = createRegistry({
    url,
    ...(username === undefined ? {} : { username: readSecret(username, process.env, "kafka.registry.username") }),
    ...(password === undefined ? {} : { password: readSecret(password, process.env, "kafka.registry.password") }),
  });
  const compile =
    name === "avro"
      ? (await import("../ingest/decode/formats/avro.ts")).compileAvro(limits)
      : (await import("../ingest/decode/formats/protobuf.ts")).compileProtobuf(limits);
  return registeredFormat(registry, compile, limits);
}
