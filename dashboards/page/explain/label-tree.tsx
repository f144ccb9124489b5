import { formatShare } from "../parts/format.ts";
import { fitting, type LabelPair, type LabelTree as Labels, movedLabels } from "./read-labels.ts";

const ROW = 18;
const GAP = 12;
const WIDTH = 340;
const LEFT = 118;
const RIGHT = WIDTH - 118;

/** Clusters of labels before and after, a label that moved joined to where it went; and the pairs whose company changed most. */
export function LabelTree({ labels, after }: { labels: Labels; after: string }) {
  const moved = movedLabels(labels.before, labels.after);
  const shown = fitting(labels, moved);
  return (
    <>
      {shown.before.length > 0 && shown.after.length > 0 && <Trees shown={shown} moved={moved} after={after} />}
      {shown.after.length === 0 && <p class="quiet small">The new clusters are not known yet.</p>}
      {labels.pairs.length > 0 && <Pairs pairs={labels.pairs} after={after} />}
    </>
  );
}

function Trees({ shown, moved, after }: { shown: Labels; moved: ReadonlySet<string>; after: string }) {
  const from = rowsOf(shown.before);
  const to = rowsOf(shown.after);
  const height = Math.max(from.height, to.height) + 22;
  const names = [...from.rows.keys()].filter((name) => to.rows.has(name));
  const told = [...moved].filter((name) => from.rows.has(name)).join(", ");
  return (
    <figure class="label-tree">
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={`Clusters of labels: ${shown.before.length} before, ${shown.after.length} ${after}. ${told === "" ? "No label moved" : `Moved: ${told}`}`}
      >
        <text class="head" x={LEFT - 6} y={12} text-anchor="end">
          before
        </text>
        <text class="head" x={RIGHT + 6} y={12}>
          {after}
        </text>
        <g transform="translate(0 22)">
          {names.map((name) => (
            <path
              key={name}
              class={moved.has(name) ? "tie is-moved" : "tie"}
              d={`M${LEFT} ${from.rows.get(name)!}C${(LEFT + RIGHT) / 2} ${from.rows.get(name)!} ${(LEFT + RIGHT) / 2} ${to.rows.get(name)!} ${RIGHT} ${to.rows.get(name)!}`}
            />
          ))}
          <Side rows={from} moved={moved} side="left" />
          <Side rows={to} moved={moved} side="right" />
        </g>
      </svg>
      <figcaption class="quiet small">
        Labels that come together share a bracket. {moved.size > 0 ? "Orange: went to another cluster." : ""}
      </figcaption>
    </figure>
  );
}

interface Rows {
  readonly rows: ReadonlyMap<string, number>;
  /** First and last row of each cluster. */
  readonly spans: readonly (readonly [number, number])[];
  readonly height: number;
}

function rowsOf(clusters: Labels["before"]): Rows {
  const rows = new Map<string, number>();
  const spans: [number, number][] = [];
  let y = ROW / 2;
  for (const names of clusters) {
    const first = y;
    for (const name of names) {
      rows.set(name, y);
      y += ROW;
    }
    spans.push([first, y - ROW]);
    y += GAP;
  }
  return { rows, spans, height: y };
}

function Side({ rows, moved, side }: { rows: Rows; moved: ReadonlySet<string>; side: "left" | "right" }) {
  const left = side === "left";
  const text = left ? LEFT - 6 : RIGHT + 6;
  const bracket = left ? 10 : WIDTH - 10;
  const root = left ? 2 : WIDTH - 2;
  const inner = left ? 16 : WIDTH - 16;
  const middles = rows.spans.map(([a, b]) => (a + b) / 2);
  return (
    <g>
      <path class="branch" d={`M${root} ${middles[0]!}V${middles.at(-1)!}`} />
      {rows.spans.map(([a, b], k) => (
        <path
          key={k}
          class="branch"
          d={`M${root} ${middles[k]!}H${bracket}M${inner} ${a - 5}H${bracket}V${b + 5}H${inner}`}
        />
      ))}
      {[...rows.rows].map(([name, y]) => (
        <text
          key={name}
          class={moved.has(name) ? "is-moved" : ""}
          x={text}
          y={y + 4}
          text-anchor={left ? "end" : "start"}
        >
          {name.length > 15 ? `${name.slice(0, 14)}…` : name}
          <title>{name}</title>
        </text>
      ))}
    </g>
  );
}

function Pairs({ pairs, after }: { pairs: readonly LabelPair[]; after: string }) {
  return (
    <table class="label-pairs small">
      <caption class="quiet">How often labels come together (of the events with one of them)</caption>
      <thead>
        <tr>
          <th scope="col">Labels</th>
          <th scope="col">before</th>
          <th scope="col">{after}</th>
        </tr>
      </thead>
      <tbody>
        {pairs.slice(0, 10).map(({ labels: [a, b], before, after: now }) => (
          <tr key={`${a}\u0000${b}`}>
            <th scope="row">
              {a} + {b}
            </th>
            <td>{formatShare(before)}</td>
            <td class={now > before ? "is-more" : "is-less"}>
              {now > before ? "▲" : "▼"} {formatShare(now)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
