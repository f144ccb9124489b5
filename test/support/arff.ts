import { readFileSync } from "node:fs";

export interface MultiLabelEvent {
  readonly x: number[];
  readonly y: string[];
}

/**
 * A multi-label ARFF file (dense or sparse rows) and Mulan's XML that names its label attributes → events in file order.
 * Nominal inputs become the place of their value among those declared; missing values 0.
 */
export function readArff(arff: string, xml: string): MultiLabelEvent[] {
  const labels = new Set(
    [...readFileSync(xml, "utf8").matchAll(/<label\s+name="([^"]*)"/g)].map((m) => entities(m[1]!)),
  );
  const attributes: { name: string; values: string[] | null }[] = [];
  const events: MultiLabelEvent[] = [];
  let data = false;
  for (const line of readFileSync(arff, "utf8").split(/\r?\n/)) {
    const text = line.trim();
    if (text === "" || text.startsWith("%")) continue;
    if (data) events.push(eventOf(text, attributes, labels));
    else if (/^@data/i.test(text)) data = true;
    else if (/^@attribute/i.test(text)) attributes.push(attributeOf(text));
  }
  return events;
}

function attributeOf(text: string): { name: string; values: string[] | null } {
  const [, quoted, double, bare, type] =
    /^@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\S+))\s+(.*)$/i.exec(text)!;
  const name = (quoted ?? double ?? bare!).replaceAll(/\\(.)/g, "$1");
  const values = /^\{(.*)\}$/.exec(type!.trim());
  return { name, values: values ? values[1]!.split(",").map(plain) : null };
}

function eventOf(
  text: string,
  attributes: ReturnType<typeof attributeOf>[],
  labels: ReadonlySet<string>,
): MultiLabelEvent {
  const row: string[] = new Array(attributes.length).fill("0");
  if (text.startsWith("{")) {
    for (const pair of text.slice(1, text.lastIndexOf("}")).split(",")) {
      const [, at, value] = /^\s*(\d+)\s+(.*)$/.exec(pair) ?? [];
      if (at !== undefined) row[Number(at)] = plain(value!);
    }
  } else for (const [i, value] of text.split(",").entries()) row[i] = plain(value);
  const x: number[] = [];
  const y: string[] = [];
  for (const [i, { name, values }] of attributes.entries()) {
    if (labels.has(name)) {
      if (Number(row[i]) === 1) y.push(name);
    } else x.push(numberOf(row[i]!, values));
  }
  return { x, y };
}

function numberOf(value: string, values: readonly string[] | null): number {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  return Math.max(0, values?.indexOf(value) ?? 0);
}

function plain(value: string): string {
  return value.trim().replaceAll(/^['"]|['"]$/g, "");
}

function entities(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
