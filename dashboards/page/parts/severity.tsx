import { Shape, type Status } from "./state-mark.tsx";

const OF_KIND: Record<string, Status> = { warning: "warning", recovered: "steady" };

/** A signal's kind with a shape: alarms are square, warnings pointed, good news round; remarks have none of these. */
export function Severity({ kind, severity, word }: { kind: string; severity: string; word: string }) {
  const status = OF_KIND[kind] ?? (severity === "info" ? null : "drifting");
  if (status === null) {
    return (
      <span class="state is-remark" title={severity}>
        <span class="dash" aria-hidden="true" />
        {word}
      </span>
    );
  }
  return (
    <span class={`state is-${status}`} title={severity}>
      <Shape status={status} />
      {word}
    </span>
  );
}
