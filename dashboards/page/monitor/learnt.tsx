import type { KeyDetail, MonitorDetail } from "../../../adapters/http/types.ts";
import { BeforeAfter } from "../explain/before-after.tsx";
import { Facts } from "../explain/facts.tsx";
import { isJson, readDistribution } from "../explain/read.ts";
import { formatCount, formatNumber, formatRatio } from "../parts/format.ts";

/** What the detector learnt, what it promises and what it warns of, in words; its own numbers on demand. */
export function Learnt({ detail, value }: { detail: MonitorDetail; value: KeyDetail }) {
  const { inspection } = value;
  const { map: _, episode: __, quantiles, warnings, ...details } = inspection.details;
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
      {value.episodes.length === 0 && <NormalAndNow quantiles={quantiles} />}
      <Facts value={{ ...common(detail, value), ...details }} />
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

function common(
  { source, reference }: MonitorDetail,
  { events, ratio, inspection }: KeyDetail,
): Record<string, string> {
  return {
    source,
    eventsSeen: formatCount(events),
    ...(inspection.status === "learning" ? {} : { evidenceNow: `${formatRatio(ratio)} × the alarm line` }),
    ...(reference === null ? {} : { normalIsLearntFrom: `the first ${formatCount(reference.first)} events` }),
  };
}

/** Where values lie while nothing has changed; after an alarm the explanation shows the same for then. */
function NormalAndNow({ quantiles }: { quantiles: unknown }) {
  if (!isJson(quantiles)) return null;
  const before = readDistribution({ quantiles: quantiles.before }, quantiles.levels);
  const after = readDistribution({ quantiles: quantiles.after }, quantiles.levels);
  return before === null || after === null ? null : (
    <BeforeAfter before={before} after={after} words={["normal", "now"]} />
  );
}
