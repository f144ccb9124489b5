import type { DeadLetterPage } from "../../adapters/http/types.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { REASONS } from "../../engine/rejection.ts";
import { loadConfig } from "../config/load.ts";
import { createServiceClient, until } from "../service-client.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

const PATIENCE_MS = 60_000;

export const deadLetters: CliCommand = {
  name: "dead-letters",
  summary: "Records that were refused: list them, or feed them again once the cause is mended.",
  usage:
    "tidegauge dead-letters list|replay -c FILE [--monitor NAME] [--reason REASON] [--topic TOPIC] [--partition N]",
  options: `  -c, --config FILE      the config (YAML); the service must run
  -m, --monitor NAME     only this monitor's
      --reason REASON    only those refused for it: ${REASONS.slice(0, 6).join(", ")},
                         ${REASONS.slice(6).join(", ")}
      --topic TOPIC      only those of this topic
      --partition N      only those of this partition
      --limit N          list: so many, newest first (default: 50)
      --json             list: one JSON object per line
`,
  example: "tidegauge dead-letters list -c tidegauge.yaml --monitor support-bot --reason schema",
  async run(argv) {
    const [what, ...rest] = argv;
    if (what !== "list" && what !== "replay")
      throw new TidegaugeError("USAGE", { what: "say what to do: list or replay", command: "dead-letters" });
    const options = readOptions("dead-letters", rest, {
      config: { type: "string", short: "c" },
      monitor: { type: "string", short: "m" },
      reason: { type: "string" },
      topic: { type: "string" },
      partition: { type: "string" },
      limit: { type: "string" },
      json: { type: "boolean" },
    });
    const loaded = loadConfig(need("dead-letters", options.config, "-c FILE"), DETECTORS, process.env);
    const service = createServiceClient(loaded, "dead-letters");
    const { monitor, reason, topic, partition, limit = "50" } = options;
    const filter = Object.entries({ monitor, reason, topic, partition }).filter((pair) => pair[1] !== undefined);
    const query = (more: Record<string, string>) =>
      new URLSearchParams({ ...Object.fromEntries(filter as [string, string][]), ...more });
    const ask = (more: Record<string, string>) =>
      service.ask<DeadLetterPage>("GET", `/api/v1/dead-letters?${query(more)}`);
    if (what === "list") {
      const page = await ask({ limit });
      for (const letter of page.deadLetters)
        process.stdout.write(options.json === true ? `${JSON.stringify(letter)}\n` : lineOf(letter));
      const { kept, asked, replayed } = page.states;
      process.stderr.write(`${kept} kept, ${asked} waiting to be fed again, ${replayed} fed again\n`);
      return 0;
    }
    const before = (await ask({ limit: "1" })).states;
    const { asked } = await service.ask<{ asked: number }>("POST", `/api/v1/dead-letters/replay?${query({})}`);
    const after = (
      await until(
        () => ask({ limit: "1" }),
        ({ states }) => states.asked === 0,
        PATIENCE_MS,
      )
    ).states;
    const accepted = after.replayed - before.replayed;
    const refused = asked + before.asked - accepted - after.asked;
    process.stdout.write(`${asked} asked for: ${accepted} accepted, ${refused} refused again, ${after.asked} wait\n`);
    return refused + after.asked > 0 ? 1 : 0;
  },
};

function lineOf(letter: DeadLetterPage["deadLetters"][number]): string {
  const { monitor, topic, partition, offset, time, reason, detail, state, value } = letter;
  const shown = (value ?? "").slice(0, 60).replaceAll(/\p{C}/gu, "·");
  return `${monitor}  ${topic}[${partition}]@${offset}  ${time ?? "-"}  ${state}  ${reason}: ${detail}  ${shown}\n`;
}
