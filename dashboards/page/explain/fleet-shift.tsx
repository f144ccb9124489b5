import { formatCount, formatNumber, plural } from "../parts/format.ts";
import { ChangeHead } from "./change-head.tsx";
import { isJson, type Json, numberAt } from "./read.ts";

/** What is told here. */
export const FLEET_SHIFT = ["conversations", "onsetConversation", "meanBefore", "meanAfter", "between", "shift"];

export interface FleetShift {
  readonly before: number;
  readonly after: number;
  /** Closed conversations since it moved. */
  readonly conversations: number;
  /** Number of the closed conversation at which it moved, and where that lies with confidence. */
  readonly onset: { readonly index: number; readonly low: number; readonly high: number } | null;
  /** Standard deviation between conversations. */
  readonly between: number | null;
}

/** Null: it is no shift of a fleet's level. */
export function readFleetShift(value: Json): FleetShift | null {
  const before = numberAt(value, "meanBefore");
  const after = numberAt(value, "meanAfter");
  const conversations = numberAt(value, "conversations");
  if (before === null || after === null || conversations === null) return null;
  const at = isJson(value.onsetConversation) ? value.onsetConversation : {};
  const [index, low, high] = [numberAt(at, "index"), numberAt(at, "low"), numberAt(at, "high")];
  const onset = index === null || low === null || high === null ? null : { index, low, high };
  return { before, after, conversations, onset, between: numberAt(value, "between") };
}

/** Where conversations lay before and lie now, since when, and how much that is beside how they differ anyway. */
export function FleetShiftFigures({ shift, after }: { shift: FleetShift; after: string }) {
  const { before, onset, between, conversations } = shift;
  const change = shift.after - before;
  const signed = `${change < 0 ? "−" : "+"}${formatNumber(Math.abs(change))}`;
  return (
    <>
      <table class="figures">
        <ChangeHead before="Before" after={after === "now" ? "Now" : "After"} />
        <tbody>
          <tr>
            <th scope="row" title="mean of the turns of a conversation, over conversations">
              Divergence
            </th>
            <td class="num">{formatNumber(before)}</td>
            <td class="num">
              <strong>{formatNumber(shift.after)}</strong>
            </td>
            <td class="num quiet">{signed}</td>
          </tr>
        </tbody>
      </table>
      <p class="small">
        {onset === null
          ? `It moved ${plural(conversations, "conversation")} ago.`
          : `It moved at about the ${ordinal(onset.index)} conversation that ended since the reference was learnt (between ${formatCount(onset.low)} and ${formatCount(onset.high)}), ${plural(conversations, "conversation")} before this was found.`}
        {between !== null &&
          between > 0 &&
          ` Conversations differ by ${formatNumber(between)} anyway (standard deviation of their means, in the scale in which they are tested).`}
      </p>
    </>
  );
}

function ordinal(index: number): string {
  const n = index + 1;
  const ends = ["th", "st", "nd", "rd"];
  const teens = n % 100 > 10 && n % 100 < 14;
  return `${formatCount(n)}${teens ? "th" : (ends[n % 10] ?? "th")}`;
}
