import type { InspectionDto, MonitorDetail } from "../../../adapters/http/types.ts";
import { Facts } from "../explain/facts.tsx";
import { formatNumber } from "../parts/format.ts";

/** What the detector learnt, what it promises and what it warns of, in words; its own numbers on demand. */
export function Learnt({ detail, inspection }: { detail: MonitorDetail; inspection: InspectionDto }) {
  const { map: _, warnings, ...details } = inspection.details;
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
      <Facts value={{ source: detail.source, ...(detail.reference === null ? {} : { normalIsLearntFrom: `the first ${detail.reference.first.toLocaleString("en-GB")} events` }), ...details }} />
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
