import { render } from "preact";
import { App } from "./app.tsx";
import { startLive } from "./data/live.ts";
import { loadSession } from "./data/session.ts";
import "uplot/dist/uPlot.min.css";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/overview.css";
import "./style/monitor.css";
import "./style/tables.css";

// What this reader may see is known first: asking before that would be refused where a token is set.
loadSession().then(startLive);
render(<App />, document.getElementById("app")!);
