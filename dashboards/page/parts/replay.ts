import type { DeadLetterDto, MonitorSummary } from "../../../adapters/http/types.ts";

/** For the shell to fill in: the page keeps no token. */
export const TOKEN = ' -H "authorization: Bearer $TIDEGAUGE_TOKEN"';

/** The shell's command that fetches a refused record or holds its text, for mending and sending again; null: it cannot be. */
export function replayCommand(
  letter: DeadLetterDto,
  monitor: Pick<MonitorSummary, "acceptsEvents" | "source"> | null,
  origin: string,
  tokenWanted = false,
): string | null {
  const { topic, partition, offset, value, bytes } = letter;
  if (monitor === null) return null;
  if (monitor.acceptsEvents) {
    // What is shown is cut; the rest is not here.
    if (value === null || new TextEncoder().encode(value).length !== bytes) return null;
    const address = `${origin}/api/v1/monitors/${encodeURIComponent(letter.monitor)}/events`;
    return `curl -X POST ${quoted(address)}${tokenWanted ? TOKEN : ""} -H 'content-type: application/json' --data-binary ${quoted(value)}`;
  }
  if (!monitor.source.startsWith("kafka")) return null;
  return `kcat -b "$BROKERS" -C -t ${quoted(topic)} -p ${partition} -o ${offset} -c 1 -e > record.json
kcat -b "$BROKERS" -P -t ${quoted(topic)} record.json`;
}

/** One word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
