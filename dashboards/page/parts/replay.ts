import type { DeadLetterDto, MonitorSummary } from "../../../adapters/http/types.ts";

/** For the shell to fill in: the page keeps no token. */
export const TOKEN = ' -H "authorization: Bearer $TIDEGAUGE_TOKEN"';

/**
 * The shell's command that sends a refused event again, mended (over HTTP), or feeds those of its kind again once the config
 * is; null: the event is shown only in part.
 */
export function replayCommand(
  letter: DeadLetterDto,
  monitor: Pick<MonitorSummary, "acceptsEvents"> | null,
  origin: string,
  tokenWanted = false,
): string | null {
  const { value, bytes } = letter;
  if (monitor === null) return null;
  if (monitor.acceptsEvents) {
    // What is shown is cut; the rest is not here.
    if (value === null || new TextEncoder().encode(value).length !== bytes) return null;
    const address = `${origin}/api/v1/monitors/${encodeURIComponent(letter.monitor)}/events`;
    return `curl -X POST ${quoted(address)}${tokenWanted ? TOKEN : ""} -H 'content-type: application/json' --data-binary ${quoted(value)}`;
  }
  return `tidegauge dead-letters replay -c tidegauge.yaml --monitor ${quoted(letter.monitor)} --reason ${letter.reason}`;
}

/** One word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
