import { useEffect, useState } from "preact/hooks";
import { connection, overview } from "../data/live.ts";
import { session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { formatSeconds } from "../parts/format.ts";
import { Link } from "../router.tsx";

/** From then on the whole page shows that its numbers are old. */
const STALE_MS = 10_000;

const PLACES = [
  { to: "/", name: "Overview" },
  { to: "/alarms", name: "Alarms" },
  { to: "/signals", name: "Signals" },
  { to: "/rejected", name: "Rejected" },
  { to: "/health", name: "Health" },
] as const;

export function Header({ path }: { path: string }) {
  return (
    <header class="top">
      <div class="wide">
        <Link to="/" class="brand" label="Tidegauge, overview">
          <Mark />
          <span>Tidegauge</span>
        </Link>
        <nav aria-label="Pages">
          {PLACES.map(({ to, name }) => (
            <Link key={to} to={to} current={to === "/" ? path === "/" || path.startsWith("/m/") : path.startsWith(to)}>
              {name}
            </Link>
          ))}
        </nav>
        <Freshness />
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" class="mark">
      <path d="M5 3v18M5 5h4M5 9.700h2.500M5 14.400h4M5 19h2.500" />
      <path class="wave" d="M11.500 14.400c1.500-2.600 3.400-2.600 4.900 0s3.400 2.600 4.900 0" />
    </svg>
  );
}

/** Quiet while all is well; says since when the numbers on the page are old. */
function Freshness() {
  const { kind, heardAt } = useStore(connection);
  const known = useStore(overview);
  const may = useStore(session);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (kind !== "lost") return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [kind]);
  const word = kind === "live" ? "Live" : kind === "connecting" ? "Connecting" : "Connection lost";
  const age =
    kind === "lost" && heardAt !== null ? formatSeconds(Math.max(0, Math.round((now - heardAt) / 1000))) : null;
  useEffect(() => {
    document.body.classList.toggle("stale", kind === "lost" && age !== null && now - (heardAt ?? now) > STALE_MS);
  });
  // The connection is well; it is for those who signed in.
  if (may?.access === "none") return null;
  const starting = kind === "live" && known !== null && !known.ready;
  return (
    <div class={`freshness is-${starting ? "starting" : kind}`} title={starting ? known.reasons.join(" ") : undefined}>
      <span class="pip" aria-hidden="true" />
      <span role="status">{starting ? "Not ready" : word}</span>
      {age !== null && <span class="age">data {age} old</span>}
    </div>
  );
}
