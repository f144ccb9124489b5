import { overview } from "../data/live.ts";
import { useStore } from "../data/store.ts";
import { go, withQuery } from "../router.tsx";

/** Of a list whose filters stand in the address. Another monitor has other keys. */
export function MonitorFilter({ monitor }: { monitor: string }) {
  const known = useStore(overview);
  const names = known?.monitors.map((one) => one.name) ?? (monitor === "" ? [] : [monitor]);
  return (
    <label>
      <span class="unseen">Monitor</span>
      <select
        class="field"
        value={monitor}
        onChange={(event) => go(withQuery({ monitor: event.currentTarget.value, key: "" }), { replace: true })}
      >
        <option value="">Every monitor</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function KeyFilter({ keyName }: { keyName: string }) {
  return (
    <label>
      <span class="unseen">Key</span>
      <input
        class="field"
        type="search"
        placeholder="Exact key"
        value={keyName}
        onChange={(event) => go(withQuery({ key: event.currentTarget.value }), { replace: true })}
      />
    </label>
  );
}
