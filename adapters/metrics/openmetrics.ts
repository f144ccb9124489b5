export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept !== undefined && /application\/openmetrics-text/i.test(accept);
}

/**
 * Prometheus text as OpenMetrics: counters are announced without `_total`, no empty lines, an end mark. The registry's
 * own switch would rename its counters for every later scrape.
 */
export function toOpenMetrics(text: string, exemplars: ReadonlyMap<string, string> = new Map()): string {
  const lines = text.split("\n").filter((line) => line !== "");
  const counters = new Set<string>();
  for (const line of lines) {
    const found = /^# TYPE (\S+)_total counter$/.exec(line);
    if (found) counters.add(found[1]!);
  }
  const out = lines.map((line) => {
    const found = /^# (HELP|TYPE) (\S+)(.*)$/.exec(line);
    if (!found) return withExemplar(line, exemplars);
    const [, word, name = "", rest = ""] = found;
    const family = name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
    return `# ${word} ${counters.has(family) ? family : name}${word === "HELP" ? rest.replaceAll('"', '\\"') : rest}`;
  });
  return `${out.join("\n")}\n# EOF\n`;
}

function withExemplar(line: string, exemplars: ReadonlyMap<string, string>): string {
  const exemplar = exemplars.get(line.slice(0, line.lastIndexOf(" ")));
  return exemplar === undefined ? line : `${line} # ${exemplar}`;
}
