import { formatCount, formatNumber, formatShare } from "../parts/format.ts";
import type { Cluster } from "./read.ts";

/** What people are suddenly saying: each group with its share before and now. */
export function Clusters({ clusters, after }: { clusters: readonly Cluster[]; after: string }) {
  const widest = Math.max(...clusters.map((cluster) => Math.max(cluster.share, cluster.shareBefore)), 1e-9);
  return (
    <ol class="clusters">
      {clusters.map((cluster, i) => (
        <li key={i} class="cluster">
          <ClusterEntry cluster={cluster} widest={widest} after={after} />
        </li>
      ))}
    </ol>
  );
}

function ClusterEntry({ cluster, widest, after }: { cluster: Cluster; widest: number; after: string }) {
  const { name, terms, examples, share, shareBefore, size } = cluster;
  const title = name ?? terms.slice(0, 3).join(", ");
  const named = new Set(title.split(", "));
  const others = terms.filter((term) => !named.has(term));
  return (
    <>
      <div class="cluster-head">
        <h3>{title === "" ? "Unnamed" : title}</h3>
        <span class="lift">{liftWords(cluster)}</span>
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
  if (times < 1.05) return "as often as before";
  return `${times >= 10 ? formatCount(Math.round(times)) : formatNumber(Number(times.toPrecision(2)))}× as often`;
}
