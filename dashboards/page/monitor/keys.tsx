import { useEffect, useRef, useState } from "preact/hooks";
import type { KeyCounts, KeyPage, KeyRow } from "../../../adapters/http/types.ts";
import { get, path } from "../data/api.ts";
import { formatCount, formatRatio } from "../parts/format.ts";
import { Shape, type Status } from "../parts/state-mark.tsx";
import { go, withQuery } from "../router.tsx";

const ROW_PX = 38;
const PAGE = 200;
/** Once somebody scrolls. */
const FURTHER = 1_000;
const REFRESH_MS = 5_000;

interface Props {
  monitor: string;
  counts: KeyCounts;
  chosen: string | null;
}

/** Every key with its state; only the rows in sight are drawn, further ones are fetched when they come near. */
export function Keys({ monitor, counts, chosen }: Props) {
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState<Status | "">("");
  const { rows, more, done } = useKeys(monitor, search.trim(), status);
  return (
    <div class="keys">
      <div class="keys-tools">
        <input
          class="field"
          type="search"
          placeholder={`Search ${formatCount(counts.total)} keys`}
          aria-label="Search keys"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <select
          class="field"
          aria-label="Show keys that are"
          value={status}
          onChange={(event) => setStatus(event.currentTarget.value as Status | "")}
        >
          <option value="">All</option>
          {(["drifting", "warning", "steady", "learning"] as const).map((one) => (
            <option key={one} value={one}>
              {one} ({formatCount(counts[one])})
            </option>
          ))}
        </select>
      </div>
      {rows.length === 0 && done ? (
        <p class="quiet keys-none">No key matches.</p>
      ) : (
        <Window rows={rows} chosen={chosen} onNearEnd={more} />
      )}
    </div>
  );
}

function Window({
  rows,
  chosen,
  onNearEnd,
}: {
  rows: readonly KeyRow[];
  chosen: string | null;
  onNearEnd: () => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const height = frame.current?.clientHeight ?? 480;
  const first = Math.max(0, Math.floor(top / ROW_PX) - 6);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_PX) + 6);
  const scroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = frame.current!;
    setTop(scrollTop);
    if (scrollHeight - scrollTop - clientHeight < 20 * ROW_PX) onNearEnd();
  };
  // After every answer, also one that brought nothing new: who waits at the end must not wait for good.
  useEffect(scroll, [rows]);
  const walk = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const at = rows.findIndex((row) => row.key === chosen);
    const to = Math.min(rows.length - 1, Math.max(0, at + by));
    const row = rows[to];
    if (row === undefined) return;
    choose(row.key);
    const edge = to * ROW_PX;
    if (edge < frame.current!.scrollTop) frame.current!.scrollTop = edge;
    if (edge + ROW_PX > frame.current!.scrollTop + frame.current!.clientHeight)
      frame.current!.scrollTop = edge + ROW_PX - frame.current!.clientHeight;
  };
  const active = rows.findIndex((row) => row.key === chosen);
  return (
    <div
      ref={frame}
      class="keys-list"
      role="listbox"
      aria-label="Keys"
      tabIndex={0}
      aria-activedescendant={active >= first && active < last ? `key-${active}` : undefined}
      onScroll={scroll}
      onKeyDown={walk}
    >
      <div style={{ height: `${rows.length * ROW_PX}px` }} class="keys-all" role="presentation">
        {rows.slice(first, last).map((row, i) => (
          <KeyLine key={row.key} row={row} at={first + i} chosen={row.key === chosen} />
        ))}
      </div>
    </div>
  );
}

function KeyLine({ row, at, chosen }: { row: KeyRow; at: number; chosen: boolean }) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list around it takes the arrow keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list around it holds the focus
    <div
      id={`key-${at}`}
      class="key-line"
      role="option"
      aria-selected={chosen}
      style={{ top: `${at * ROW_PX}px` }}
      title={`${row.key}: ${row.status}, ${formatCount(row.events)} events`}
      onClick={() => choose(row.key)}
    >
      <Shape status={row.status} />
      <span class="key-text">{row.key === "" ? "(no key)" : row.key}</span>
      <span class="unseen">{row.status}</span>
      <span class={row.ratio >= 1 ? "key-ratio is-drifting" : "key-ratio"}>
        {row.status === "learning" ? "" : formatRatio(row.ratio)}
      </span>
    </div>
  );
}

function choose(key: string): void {
  go(withQuery({ key, episode: null }), { replace: true });
}

/** Pages of keys, asked for anew every few seconds as far as they are loaded. */
function useKeys(monitor: string, search: string, status: Status | "") {
  const [state, setState] = useState<{ rows: readonly KeyRow[]; next: string | null; done: boolean }>({
    rows: [],
    next: null,
    done: false,
  });
  const latest = useRef(state);
  latest.current = state;
  const busy = useRef(false);
  /** Answers to an earlier question are dropped. */
  const question = useRef(0);

  const load = async (after: string | null, limit: number) => {
    const asked = question.current;
    busy.current = true;
    const ask = (only: Status | "", from: string | null, most: number) =>
      get<KeyPage>(path(["monitors", monitor, "keys"], { search, status: only, after: from, limit: most }));
    const answer = await ask(status, after, limit);
    const urgent =
      status === "" && after === null
        ? await Promise.all([ask("drifting", null, PAGE), ask("warning", null, PAGE)])
        : [];
    if (asked !== question.current) return;
    busy.current = false;
    if (answer.kind !== "ok") return;
    const { keys, next } = answer.value;
    const first = urgent.flatMap((one) => (one.kind === "ok" ? one.value.keys : []));
    const now = latest.current;
    // Asked anew, the answer may be shorter than what is loaded: what lies beyond it stays as it was.
    const beyond = after === null && next !== null ? now.rows.filter((row) => row.key > (keys.at(-1)?.key ?? "")) : [];
    const rows = after === null ? [...first, ...keys, ...beyond] : [...now.rows, ...keys];
    const goOn = beyond.length > 0 ? now.next : next;
    setState({ rows: distinct(rows), next: goOn, done: true });
  };

  useEffect(() => {
    question.current += 1;
    const start = setTimeout(() => load(null, PAGE), search === "" ? 0 : 150);
    setState((now) => ({ ...now, rows: [], next: null, done: false }));
    const timer = setInterval(() => {
      if (!document.hidden && !busy.current) load(null, Math.min(FURTHER, Math.max(PAGE, latest.current.rows.length)));
    }, REFRESH_MS);
    return () => {
      question.current += 1;
      clearTimeout(start);
      clearInterval(timer);
    };
  }, [monitor, search, status]);

  const more = () => {
    if (!busy.current && state.next !== null) load(state.next, FURTHER);
  };
  return { rows: state.rows, more, done: state.done };
}

/** The first of each key: what needs a look comes first, the rest by name. */
function distinct(rows: readonly KeyRow[]): readonly KeyRow[] {
  const seen = new Set<string>();
  return rows.filter(({ key }) => !seen.has(key) && seen.add(key));
}
