import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { TidegaugeError } from "../../engine/errors.ts";
import { packageFolder } from "../package-folder.ts";
import { type CliCommand, need, readOptions } from "./command.ts";

/** In the shipped files: where the service answers, and where Alertmanager does. */
const SERVICE = "127.0.0.1:8080";
const ALERTMANAGER = "127.0.0.1:9093";

export const dashboards: CliCommand = {
  name: "dashboards",
  summary: "Write the Grafana dashboards, Prometheus rules and an Alertmanager config.",
  usage: "tidegauge dashboards --out DIR [--url URL] [--alertmanager HOST:PORT]",
  options: `  -o, --out DIR            where to; files of the same name are replaced
      --url URL            where people reach the service: for scraping and for links to runbooks (default http://${SERVICE})
      --alertmanager H:P   where Prometheus reaches Alertmanager (default ${ALERTMANAGER})
`,
  example: "tidegauge dashboards --out ./provisioning --url https://drift.example.com",
  async run(argv) {
    const options = readOptions("dashboards", argv, {
      out: { type: "string", short: "o" },
      url: { type: "string" },
      alertmanager: { type: "string" },
    });
    const out = need("dashboards", options.out, "--out DIR");
    const url = readUrl(options.url ?? `http://${SERVICE}`);
    const from = packageFolder("dashboards/provisioning");
    if (from === null)
      throw new TidegaugeError("USAGE", { what: "dashboards/provisioning is missing here", command: "dashboards" });
    const files = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    try {
      for (const entry of files) {
        const path = join(entry.parentPath, entry.name);
        const target = join(out, relative(from, path));
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, addressed(readFileSync(path, "utf8"), url, options.alertmanager ?? ALERTMANAGER));
      }
    } catch (cause) {
      throw new TidegaugeError(
        "USAGE",
        { what: `--out ${out} cannot be written: ${(cause as Error).message}`, command: "dashboards" },
        cause,
      );
    }
    process.stderr.write(`${files.length} files in ${out}\n`);
    return 0;
  },
};

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new TidegaugeError("USAGE", { what: `--url ${text} is no http(s) address`, command: "dashboards" });
}

function addressed(content: string, url: URL, alertmanager: string): string {
  const target = url.port === "" ? `${url.hostname}:${url.protocol === "https:" ? 443 : 80}` : url.host;
  return content
    .replaceAll(`http://${SERVICE}`, url.href.replace(/\/$/, ""))
    .replaceAll(SERVICE, target)
    .replaceAll(ALERTMANAGER, alertmanager);
}
