import { signal as signalSchema } from "../../adapters/http/types.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { configSchema } from "../config/schema.ts";
import { jsonSchemaOf } from "../json-schema.ts";
import { type CliCommand, readOptions } from "./command.ts";

/** JSON Schema of the config, of each detector's events and of signals, in one object. */
export function allSchemas(): Record<string, unknown> {
  return {
    config: jsonSchemaOf(configSchema(DETECTORS)),
    events: Object.fromEntries(DETECTORS.map((d) => [d.name, jsonSchemaOf(d.event)])),
    signal: jsonSchemaOf(signalSchema),
    signals: Object.fromEntries(DETECTORS.map((d) => [d.name, d.signals])),
  };
}

export const schema: CliCommand = {
  name: "schema",
  summary: "Print the JSON Schema of the config, of each detector's events and of signals.",
  usage: "tidegauge schema [--config]",
  options: "  --config   only the config's schema (for editors)\n",
  example: "tidegauge schema --config > tidegauge.schema.json",
  async run(argv) {
    const only = readOptions("schema", argv, { config: { type: "boolean" } }).config;
    const all = allSchemas();
    process.stdout.write(`${JSON.stringify(only ? all.config : all, null, 2)}\n`);
    return 0;
  },
};
