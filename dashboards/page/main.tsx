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

startLive();
loadSession();
render(<App />, document.getElementById("app")!);
