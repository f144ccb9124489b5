import { render } from "preact";
import type { ReportData } from "../../../cli/report/data.ts";
import { Report } from "./report.tsx";
import "uplot/dist/uPlot.min.css";
import "../style/tokens.css";
import "../style/base.css";
import "../style/shell.css";
import "../style/monitor.css";
import "../style/tables.css";
import "../style/report.css";

const data = JSON.parse(document.getElementById("report")!.textContent ?? "") as ReportData;
render(<Report data={data} />, document.getElementById("app")!);
