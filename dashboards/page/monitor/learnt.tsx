import type { KeyDetail, MonitorDetail } from "../../../adapters/http/types.ts";
import { BeforeAfter } from "../explain/before-after.tsx";
import { ConversationPath } from "../explain/conversation-path.tsx";
import { Displacement } from "../explain/displacement.tsx";
import { Facts } from "../explain/facts.tsx";
import { PhasePlot, ReminderEffect } from "../explain/fleet-plots.tsx";
import { isJson, type Json, numberAt, readDistribution, textAt } from "../explain/read.ts";
import { readEffects, readPhase, readTrajectories } from "../explain/read-conversation.ts";
import { readDisplacement } from "../explain/read-moved.ts";
import { formatCount, formatNumber, formatRatio } from "../parts/format.ts";

/** Told elsewhere on the page, or too large for a list. */
const ELSEWHERE = new Set([
  "map",
  "episode",
  "episodes",
  "terms",
  "quantiles",
  "promise",
  "warnings",
  "leading",
  "displacement",
  "phase",
  "reminder",
  "conversations",
]);

/** What is told of a monitor and of a key, live or recorded. */
export type LearntMonitor = Pick<MonitorDetail, "gauges" | "source" | "reference">;
type LearntKey = Pick<KeyDetail, "inspection" | "episodes" | "events" | "ratio">;

/** What the detector watches, what it warns of, and what is normal; its own numbers on demand. */
export function Learnt({ detail, value }: { detail: LearntMonitor; value: LearntKey }) {
  const { inspection } = value;
  const { warnings } = inspection.details;
  const rest = Object.fromEntries(Object.entries(inspection.details).filter(([name]) => !ELSEWHERE.has(name)));
  const moves = readDisplacement(inspection.details.displacement);
  const phase = readPhase(inspection.details.phase);
  const effects = readEffects(inspection.details.reminder);
  const [path] = value.episodes.length === 0 ? readTrajectories(inspection.details.conversations) : [];
  const gauges = detail.gauges.filter(({ name }) => inspection.gauges[name] !== undefined);
  const said = Array.isArray(warnings) ? warnings.filter((one) => typeof one === "string") : [];
  return (
    <section class="panel learnt" aria-labelledby="learnt-title">
      <h2 id="learnt-title">What it watches</h2>
      {said.map((one) => (
        <p key={one} class="notice small">
          {one}
        </p>
      ))}
      {value.episodes.length === 0 && <NormalAndNow value={value} />}
      {(path !== undefined || phase !== null || effects.length > 0) && (
        <div class="small-plots">
          {path !== undefined && <ConversationPath path={path} />}
          {phase !== null && <PhasePlot phase={phase} />}
          {effects.length > 0 && <ReminderEffect effects={effects} />}
        </div>
      )}
      {moves !== null && <Displacement moves={moves} />}
      <Facts value={{ ...common(detail, value), ...promised(inspection.details) }} />
      {Object.keys(rest).length > 0 && (
        <details class="more">
          <summary>What it learnt</summary>
          <Facts value={rest} />
        </details>
      )}
      {gauges.length > 0 && (
        <details class="more">
          <summary>Gauges</summary>
          <dl class="facts">
            {gauges.map(({ name, help }) => (
              <div key={name} title={`tidegauge_${name}`}>
                <dt>{help}</dt>
                <dd>{formatNumber(inspection.gauges[name]!)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

/** What is promised on false alarms and what that rests on, where the detector says so. */
function promised({ promise, model, smallestShiftWithin1000Events: shift }: Json): Json {
  if (typeof promise === "string") return { promise };
  if (!isJson(promise) || typeof promise.kept !== "string") return {};
  const events = numberAt(promise, "events");
  const words = isJson(model) ? textAt(model, "words") : null;
  const size = isJson(model) ? numberAt(model, "effectiveSize") : null;
  const temper = isJson(model) ? numberAt(model, "temper") : null;
  const value = isJson(shift) ? numberAt(shift, "value") : null;
  const spreads = isJson(shift) ? numberAt(shift, "spreads") : null;
  const why = textAt(promise, "why");
  return {
    promise: `${promise.kept}${events === null ? "" : ` (asked for: one false alarm in ${formatCount(events)} events)`}${why === null ? "" : `; ${why}`}`,
    ...(words === null ? {} : { whatItKnows: words }),
    ...(size === null ? {} : { referenceIsWorth: `${formatCount(size)} independent events` }),
    ...(temper === null ? {} : { "caution (V)": formatNumber(temper) }),
    ...(value === null || spreads === null
      ? {}
      : {
          "seen within 1,000 events": `a lasting shift of ${formatNumber(value)} (${formatNumber(spreads)} standard deviations)`,
        }),
  };
}

function common(
  { source, reference }: LearntMonitor,
  { events, ratio, inspection }: LearntKey,
): Record<string, string> {
  return {
    source,
    eventsSeen: formatCount(events),
    // The sums begin anew whenever they cross: a change that goes on stands between two crossings.
    ...(inspection.status === "learning"
      ? {}
      : {
          [inspection.status === "drifting" ? "evidenceSinceItLastCrossed" : "evidenceNow"]:
            `${formatRatio(ratio)} × the alarm line`,
        }),
    ...(reference === null ? {} : { normalIsLearntFrom: teacherOf(reference) }),
  };
}

function teacherOf({ first, unit = "events", file, scope }: NonNullable<MonitorDetail["reference"]>): string {
  const own = `the first ${formatCount(first)} ${unit}`;
  if (file === undefined) return own;
  return scope === "monitor" ? `${file}, the same for every key` : `${file}; keys that it does not name: ${own}`;
}

/** Where values lie while nothing has changed; after an alarm the explanation shows the same for then. */
function NormalAndNow({ value }: { value: LearntKey }) {
  const { gauges, details } = value.inspection;
  const { quantiles, reference } = details;
  if (!isJson(quantiles)) return null;
  const normal = isJson(reference) ? reference : {};
  const before = readDistribution({ ...normal, quantiles: quantiles.before }, quantiles.levels);
  const now = { mean: gauges.numeric_mean, sd: gauges.numeric_sd, events: gauges.numeric_window_events };
  const after = readDistribution({ ...now, quantiles: quantiles.after }, quantiles.levels);
  return before === null || after === null ? null : (
    <BeforeAfter before={before} after={after} words={["normal", "now"]} />
  );
}
