import { formatCount, formatNumber, formatShare } from "../parts/format.ts";
import type { Cluster } from "./read.ts";
import { TopicMark } from "./topic-mark.tsx";

interface Props {
  clusters: readonly Cluster[];
  after: string;
  /** Topics that the map shows, with the number of their mark. */
  marks?: ReadonlyMap<string, number>;
}

const NO_MARKS: ReadonlyMap<string, number> = new Map();

/** What people are suddenly saying: each group with its share before and now. */
export function Clusters({ clusters, after, marks = NO_MARKS }: Props) {
  const widest = Math.max(...clusters.map((cluster) => Math.max(cluster.share, cluster.shareBefore)), 1e-9);
  return (
    <ol class="clusters">
      {clusters.map((cluster, i) => (
        <li key={cluster.id ?? i} class="cluster">
          <ClusterEntry cluster={cluster} mark={marks.get(cluster.id ?? "")} widest={widest} after={after} />
        </li>
      ))}
    </ol>
  );
}

interface EntryProps {
  cluster: Cluster;
  mark: number | undefined;
  widest: number;
  after: string;
}

function ClusterEntry({ cluster, mark, widest, after }: EntryProps) {
  const { name, terms, examples, share, shareBefore, size } = cluster;
  const title = name ?? terms.slice(0, 3).join(", ");
  const named = new Set(title.split(", "));
  const others = terms.filter((term) => !named.has(term));
  return (
    <>
      <div class="cluster-head">
        <h3>
          {mark !== undefined && <TopicMark mark={mark} />}
          {title === "" ? "Unnamed" : title}
        </h3>
        <span class={cluster.share < cluster.shareBefore ? "lift is-less" : "lift"}>{liftWords(cluster)}</span>
      </div>
      {others.length > 0 && (
        <p class="terms">
          {others.map((term) => (
            <span key={term}>{term}</span>
          ))}
        </p>
      )}
      <dl class="pair">
        <Bar word="before" share={shareBefore} widest={widest} kind="before" />
        <Bar word={after} share={share} widest={widest} kind="after" />
      </dl>
      {examples.length > 0 && (
        <details class="more">
          <summary>
            {examples.length} {examples.length === 1 ? "example" : "examples"}
            {size !== null && <span class="quiet"> of {formatCount(size)}</span>}
          </summary>
          <ul class="quotes">
            {examples.map((example) => (
              <li key={example}>{example}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Bar({ word, share, widest, kind }: { word: string; share: number; widest: number; kind: "before" | "after" }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>
        <span class={`bar is-${kind}`} style={{ width: `${Math.max(0.6, (share / widest) * 100)}%` }} />
        <span class="bar-value">{formatShare(share)}</span>
      </dd>
    </div>
  );
}

function liftWords({ lift, share, shareBefore }: Cluster): string {
  const times = lift ?? (shareBefore > 0 ? share / shareBefore : null);
  if (times === null || shareBefore === 0) return "not seen before";
  if (share === 0) return "not said any more";
  if (times < 0.8) return `${formatNumber(Number((1 / times).toPrecision(2)))}× less often`;
  if (times < 1.05) return "as often as before";
  return `${times >= 10 ? formatCount(Math.round(times)) : formatNumber(Number(times.toPrecision(2)))}× as often`;
}
