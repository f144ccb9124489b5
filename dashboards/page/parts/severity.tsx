import { Shape, type Status } from "./state-mark.tsx";

const AS_STATE: Record<string, Status> = { critical: "drifting", warning: "warning", info: "steady" };

/** A signal's kind with the shape of its severity. */
export function Severity({ severity, word }: { severity: string; word: string }) {
  const status = AS_STATE[severity] ?? "learning";
  return (
    <span class={`state is-${status}`} title={severity}>
      <Shape status={status} />
      {word}
    </span>
  );
}
