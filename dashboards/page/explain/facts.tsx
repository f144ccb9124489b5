import { formatNumber, words } from "../parts/format.ts";
import { isJson, type Json } from "./read.ts";

const DEPTH = 3;

/** JSON as a person reads it: names as words, numbers short, lists in one line. */
export function Facts({ value, depth = 0 }: { value: Json; depth?: number }) {
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  if (entries.length === 0) return null;
  return (
    <dl class="facts">
      {entries.map(([name, one]) => (
        <div key={name}>
          <dt>{words(name.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`))}</dt>
          <dd>
            <Fact value={one} depth={depth} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Fact({ value, depth }: { value: unknown; depth: number }) {
  if (typeof value === "number")
    return <>{Number.isInteger(value) ? value.toLocaleString("en-GB") : formatNumber(value)}</>;
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value === "string") return <>{value}</>;
  if (Array.isArray(value) && value.length > 0 && value.every(isJson) && depth < DEPTH)
    return (
      <>
        {value.slice(0, 12).map((one, i) => (
          <Facts key={i} value={one} depth={depth + 1} />
        ))}
      </>
    );
  if (Array.isArray(value))
    return <>{value.slice(0, 12).map(short).join(", ") + (value.length > 12 ? `, … ${value.length} in all` : "")}</>;
  if (isJson(value) && depth < DEPTH) return <Facts value={value} depth={depth + 1} />;
  return <>{short(value)}</>;
}

function short(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value;
  return JSON.stringify(value).slice(0, 80);
}
