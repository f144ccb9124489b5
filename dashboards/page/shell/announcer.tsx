import { useEffect, useRef, useState } from "preact/hooks";
import { overview } from "../data/live.ts";
import { useStore } from "../data/store.ts";

/** Tells screen readers, politely, when a monitor's state changes while the page is open. */
export function Announcer() {
  const known = useStore(overview);
  const before = useRef<Map<string, string> | null>(null);
  const [sentence, say] = useState("");
  useEffect(() => {
    if (known === null) return;
    const now = new Map(known.monitors.map((monitor) => [monitor.name, monitor.status]));
    const last = before.current;
    before.current = now;
    if (last === null) return;
    const news = known.monitors.filter(({ name, status }) => last.has(name) && last.get(name) !== status);
    if (news.length === 0) return;
    say(
      news
        .map(
          ({ name, status, lastChange }) =>
            `${name} is ${status}. ${status === "drifting" ? (lastChange?.summary ?? "") : ""}`,
        )
        .join(" "),
    );
  }, [known]);
  return (
    <div class="unseen" role="status" aria-live="polite" id="announcer">
      {sentence}
    </div>
  );
}
