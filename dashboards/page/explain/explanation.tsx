import { BeforeAfter } from "./before-after.tsx";
import { Clusters } from "./clusters.tsx";
import { ConversationPath } from "./conversation-path.tsx";
import { Facts } from "./facts.tsx";
import { FLEET_SHIFT, FleetShiftFigures, readFleetShift } from "./fleet-shift.tsx";
import { LabelTree } from "./label-tree.tsx";
import { Moved } from "./moved.tsx";
import { type Json, readClusters, readDistribution, textAt } from "./read.ts";
import { readTrajectory } from "./read-conversation.ts";
import { readLabels } from "./read-labels.ts";
import { readMoved } from "./read-moved.ts";
import { readMap, TextMap } from "./text-map.tsx";

/** In the sentence, the facts and the chart above, or as a note. */
const SAID_ELSEWHERE = ["kind", "onset", "promise", "warnings"];
const DISTRIBUTIONS = ["before", "after", "levels", "direction", "shift", "spreadRatio"];
const LABELS = ["partition", "partitionBefore", "pairs", "moved", "rest"];
const MOVES = ["inputs", "classes", "effectOn"];

interface Props {
  /** The alarm is still on: shares are of now, else of then. */
  open: boolean;
  explanation: Json;
  /** The state's own details may hold a map of texts. */
  details: Json;
}

/** The explanation in the detector's own form, told by what is in it; what is not known is shown as plain facts. */
export function Explanation({ open, explanation, details }: Props) {
  const clusters = readClusters(explanation.clusters);
  const vanished = readClusters(explanation.vanished);
  const before = readDistribution(explanation.before, explanation.levels);
  const then = readDistribution(explanation.after, explanation.levels);
  const after = open ? "now" : "after";
  const inputs = readMoved(explanation, "inputs");
  const classes = readMoved(explanation, "classes");
  const map = readMap(explanation.map ?? details.map);
  const path = readTrajectory(explanation);
  const shift = readFleetShift(explanation);
  const labels = readLabels(explanation, details.partition);
  const shown = new Set<string>(SAID_ELSEWHERE);
  shown.add("clusters");
  shown.add("vanished");
  if (map !== null) shown.add("map");
  if (path !== null) for (const name of ["trajectory", "forecast"]) shown.add(name);
  if (shift !== null) for (const name of [...FLEET_SHIFT, "direction"]) shown.add(name);
  if (labels !== null) for (const name of LABELS) shown.add(name);
  if (inputs.length > 0) for (const name of MOVES) shown.add(name);
  if (before !== null && then !== null) for (const name of DISTRIBUTIONS) shown.add(name);
  const rest = Object.fromEntries(Object.entries(explanation).filter(([name]) => !shown.has(name)));
  const marks = new Map(map?.topics.map((topic, i) => [topic.id, i]));
  const special =
    path !== null ||
    shift !== null ||
    labels !== null ||
    clusters.length > 0 ||
    inputs.length > 0 ||
    (before !== null && then !== null);
  return (
    <>
      {path !== null && <ConversationPath path={path} />}
      {shift !== null && <FleetShiftFigures shift={shift} after={after} />}
      {labels !== null && <LabelTree labels={labels} after={after} />}
      {clusters.length > 0 && <Clusters clusters={clusters} after={after} marks={marks} />}
      {vanished.length > 0 && (
        <section aria-label="Hardly said any more">
          <h3 class="quiet small">Hardly said any more</h3>
          <Clusters clusters={vanished} after={after} />
        </section>
      )}
      {before !== null && then !== null && <BeforeAfter before={before} after={then} words={["before", after]} />}
      {inputs.length > 0 && (
        <Moved inputs={inputs} classes={classes} effectOn={textAt(explanation, "effectOn")} after={after} />
      )}
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
