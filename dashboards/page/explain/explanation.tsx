import { Clusters } from "./clusters.tsx";
import { Facts } from "./facts.tsx";
import { BeforeAfter } from "./before-after.tsx";
import { TextMap, readMap } from "./text-map.tsx";
import { type Json, readClusters, readDistribution } from "./read.ts";

interface Props {
  explanation: Json;
  /** The state's own details may hold a map of texts. */
  details: Json;
}

/** The explanation in the detector's own form, told by what is in it; what is not known is shown as plain facts. */
export function Explanation({ explanation, details }: Props) {
  const clusters = readClusters(explanation);
  const before = readDistribution(explanation["before"] ?? explanation["reference"]);
  const after = readDistribution(explanation["after"] ?? explanation["recent"]);
  const map = readMap(explanation["map"] ?? details["map"]);
  const shown = new Set<string>();
  if (clusters.length > 0) shown.add("clusters");
  if (map !== null) shown.add("map");
  if (before !== null && after !== null) for (const name of ["before", "after", "reference", "recent"]) shown.add(name);
  const rest = Object.fromEntries(Object.entries(explanation).filter(([name]) => !shown.has(name)));
  const special = clusters.length > 0 || (before !== null && after !== null);
  return (
    <>
      {clusters.length > 0 && <Clusters clusters={clusters} />}
      {before !== null && after !== null && <BeforeAfter before={before} after={after} />}
      {map !== null && <TextMap map={map} />}
      {special ? (
        Object.keys(rest).length > 0 && (
          <details class="more">
            <summary>More detail</summary>
            <Facts value={rest} />
          </details>
        )
      ) : (
        <Facts value={rest} />
      )}
    </>
  );
}
