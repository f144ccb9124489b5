import { session } from "./data/session.ts";
import { useStore } from "./data/store.ts";
import { type Place, usePlace } from "./router.tsx";
import { Announcer } from "./shell/announcer.tsx";
import { Header } from "./shell/header.tsx";
import { Problem } from "./shell/problem.tsx";
import { Shortcuts } from "./shell/shortcuts.tsx";
import { SignIn } from "./shell/sign-in.tsx";
import { AlarmsView } from "./views/alarms.tsx";
import { HealthView } from "./views/health.tsx";
import { MonitorView } from "./views/monitor.tsx";
import { OverviewView } from "./views/overview.tsx";
import { RejectedView } from "./views/rejected.tsx";
import { SignalsView } from "./views/signals.tsx";

export function App() {
  const place = usePlace();
  const may = useStore(session);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header path={place.path} />
      <main id="main" tabIndex={-1}>
        {may === null ? <p class="wide loading quiet">Reading…</p> : may.access === "none" ? <Locked /> : view(place)}
      </main>
      <Announcer />
      <Shortcuts />
    </>
  );
}

function Locked() {
  return (
    <section class="problem">
      <h1>This service asks for its token</h1>
      <p>It was started with one; with it you see its monitors here.</p>
      <SignIn prominent />
    </section>
  );
}

function view({ path, query }: Place) {
  const monitor = /^\/m\/([^/]+)\/?$/.exec(path);
  if (monitor) {
    const name = decode(monitor[1]!);
    return <MonitorView key={name} name={name} chosen={query.get("key")} episode={query.get("episode")} />;
  }
  switch (path.replace(/(.)\/$/, "$1")) {
    case "/":
      return <OverviewView />;
    case "/alarms":
      return <AlarmsView query={query} />;
    case "/signals":
      return <SignalsView query={query} />;
    case "/rejected":
      return <RejectedView query={query} />;
    case "/health":
      return <HealthView />;
    default:
      return (
        <Problem title="There is no page here">
          Nothing lives at <code>{decode(path)}</code>. A monitor's page is <code>/m/NAME</code>; the overview lists
          them all.
        </Problem>
      );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
