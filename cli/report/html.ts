import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TidegaugeError } from "../../engine/errors.ts";
import { packageFolder } from "../package-folder.ts";
import type { ReportData } from "./data.ts";

/** The page's script and style, built beside the live page. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
}

export function loadReportAssets(): ReportAssets {
  const folder = packageFolder("report") ?? packageFolder("dist/report");
  if (folder === null) {
    throw new TidegaugeError("USAGE", {
      what: "--report needs the built page, which a checkout does not have yet: run `npm run build` once",
      command: "backtest",
    });
  }
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  return { script: read("report.js"), style: read("report.css") };
}

/**
 * One file that asks the network for nothing. What events said is in it as JSON data only, never as markup: the page puts
 * it into text nodes, and the policy lets no script run but the page's own.
 */
export function reportHtml(data: ReportData, { script, style }: ReportAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="tidegauge ${escapeText(data.program)}">
<title>${escapeText(data.monitor)} · backtest · Tidegauge</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This report draws its charts with a script of its own; allow it, or read the signals by --output.</noscript>
<script type="application/json" id="report">${inertJson(data)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in, nor begin a comment in it. */
export function inertJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
