import { useMemo, useState } from "preact/hooks";
import type { ReportData } from "../../../cli/report/data.ts";
import { formatCount, formatRatio, plural } from "../parts/format.ts";
import { useNarrow } from "../parts/narrow.ts";
import { Shape } from "../parts/state-mark.tsx";
import { placeInFile } from "./place.ts";

/** The keys of the report, those in need first. */
export function ReportKeys({ data, chosen }: { data: ReportData; chosen: string }) {
  const narrow = useNarrow(1100);
  const keys = <List data={data} chosen={chosen} />;
  if (!narrow) return <aside aria-label="Keys">{keys}</aside>;
  return (
    <details class="panel keys-fold">
      <summary>
        Key <strong>{chosen}</strong> <span class="quiet">of {formatCount(data.keyCount)}</span>
      </summary>
      {keys}
    </details>
  );
}

function List({ data, chosen }: { data: ReportData; chosen: string }) {
  const [search, setSearch] = useState("");
  const shown = useMemo(() => data.keys.filter(({ key }) => key.includes(search)), [data, search]);
  return (
    <div class="keys">
      <div class="keys-tools">
        <input
          class="field"
          type="search"
          placeholder="Search keys"
          aria-label="Search keys"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <nav class="keys-list" aria-label="Keys">
        {shown.map(({ key, inspection, peak, episodeCount }) => (
          <a
            key={key}
            class="key-line"
            href={placeInFile(key)}
            aria-current={key === chosen ? "true" : undefined}
            title={`${inspection.status}, ${plural(episodeCount, "alarm")}, highest evidence ${formatRatio(peak)}`}
          >
            <Shape status={inspection.status} />
            <span class="key-text">{key === "" ? "(no key)" : key}</span>
            <span class={peak >= 1 ? "key-ratio is-drifting" : "key-ratio"}>{formatRatio(peak)}</span>
            <span class="unseen">{inspection.status}</span>
          </a>
        ))}
        {shown.length === 0 && <p class="quiet small">No key here is called that.</p>}
      </nav>
      {data.keyCount > data.keys.length && (
        <p class="quiet small">
          The {formatCount(data.keys.length)} in most need of a look, of {plural(data.keyCount, "key")}.
        </p>
      )}
    </div>
  );
}
