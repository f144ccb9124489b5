import { isJson, textAt } from "./read.ts";

interface Dot {
  readonly x: number;
  readonly y: number;
  /** Unlike everything normal. */
  readonly far: boolean;
  readonly text: string | null;
}

export interface TextMapData {
  readonly reference: readonly Dot[];
  readonly recent: readonly Dot[];
}

const SIZE = 340;
const HEIGHT = 220;

/** {reference: [[x, y]], recent: [{x, y, far, text}]}, or null when it is not that. */
export function readMap(value: unknown): TextMapData | null {
  if (!isJson(value)) return null;
  const reference = dots(value.reference);
  const recent = dots(value.recent ?? value.new ?? value.after);
  return reference.length > 0 && recent.length > 0 ? { reference, recent } : null;
}

/** Texts as dots, alike ones near each other: what was normal in grey, what came since in colour. */
export function TextMap({ map }: { map: TextMapData }) {
  const all = [...map.reference, ...map.recent];
  const xs = all.map((dot) => dot.x);
  const ys = all.map((dot) => dot.y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const x = (dot: Dot) => 6 + ((dot.x - left) / (right - left || 1)) * (SIZE - 12);
  const y = (dot: Dot) => 6 + ((dot.y - top) / (bottom - top || 1)) * (HEIGHT - 12);
  return (
    <figure class="text-map">
      <svg
        viewBox={`0 0 ${SIZE} ${HEIGHT}`}
        role="img"
        aria-label="Map of texts: normal ones in grey, new ones in colour, alike ones near each other"
      >
        <g class="normal">
          {map.reference.map((dot, i) => (
            <circle key={i} cx={x(dot)} cy={y(dot)} r="1.800" />
          ))}
        </g>
        {map.recent.map((dot, i) => (
          <circle key={i} class={dot.far ? "new far" : "new alike"} cx={x(dot)} cy={y(dot)} r="2.600">
            {dot.text !== null && <title>{dot.text}</title>}
          </circle>
        ))}
      </svg>
      <figcaption class="quiet small">
        Each dot is a text; alike ones lie near each other. Grey: what was normal. Blue and orange: since the change,
        orange unlike anything normal.
      </figcaption>
    </figure>
  );
}

function dots(value: unknown): readonly Dot[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((one): Dot => {
      const [x, y] = Array.isArray(one) ? one : isJson(one) ? [one.x, one.y] : [];
      return {
        x: Number(x),
        y: Number(y),
        far: isJson(one) && one.far === true,
        text: isJson(one) ? textAt(one, "text") : null,
      };
    })
    .filter((dot) => Number.isFinite(dot.x) && Number.isFinite(dot.y))
    .slice(0, 1_000);
}
