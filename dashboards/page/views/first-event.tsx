import type { MonitorSummary } from "../../../adapters/http/types.ts";
import { session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { TOKEN } from "../parts/replay.ts";

const BODIES: Record<string, string> = {
  "short-text": '{"text": "where is my card"}',
  numeric: '{"value": 21.5}',
  "label-drift": '{"x": [0.2, 1.4], "y": ["delivery", "card"]}',
  "lite-rvfl": '{"x": [0.2, 1.4], "y": "yes"}',
  "context-drift": '{"conversation": "c-17", "turn": 1, "divergence": 5.1}',
};

/** How to send the first event, ready to paste. */
export function FirstEvent({ monitor }: { monitor: MonitorSummary }) {
  const { name, detector, acceptsEvents, source } = monitor;
  const tokenWanted = useStore(session)?.tokenWanted === true;
  if (!acceptsEvents) {
    return (
      <section class="panel first">
        <h2>Waiting for the first event</h2>
        <p>
          <strong>{name}</strong> reads {source}. As soon as something arrives there, it appears here.
        </p>
      </section>
    );
  }
  const command = `curl -X POST ${location.origin}/api/v1/monitors/${encodeURIComponent(name)}/events${tokenWanted ? TOKEN : ""} \\
  -H 'content-type: application/json' \\
  -d '${BODIES[detector] ?? "{}"}'`;
  return (
    <section class="panel first">
      <h2>Send the first event</h2>
      <p>
        Paste this into a terminal; it goes to <strong>{name}</strong>. Many events at once: one JSON object per line.
      </p>
      <div class="code">
        <pre>{command}</pre>
        <CopyButton text={command} word="Copy" />
      </div>
    </section>
  );
}
