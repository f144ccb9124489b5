import { isJson } from "./read.ts";

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly cluster: number;
}

export interface TextMapData {
  readonly reference: readonly Dot[];
  readonly recent: readonly Dot[];
}

const SIZE = 340;
const HEIGHT = 220;

/** {reference: [[x, y]], recent: [[x, y, cluster]]}, or null when it is not that. */
export function readMap(value: unknown): TextMapData | null {
  if (!isJson(value)) return null;
  const reference = dots(value.reference);
  const recent = dots(value.recent ?? value.new ?? value.after);
  return reference.length > 0 && recent.length > 0 ? { reference, recent } : null;
}

/** Texts as dots, near ones alike: what was normal in grey, what is new in colour. */
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
          <circle key={i} class={`new hue-${dot.cluster % 5}`} cx={x(dot)} cy={y(dot)} r="2.600" />
        ))}
      </svg>
      <figcaption class="quiet small">
        Grey: what was normal. Colour: since the change. Texts that are alike lie near each other.
      </figcaption>
    </figure>
  );
}

function dots(value: unknown): readonly Dot[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((one) =>
      Array.isArray(one)
        ? { x: Number(one[0]), y: Number(one[1]), cluster: Number(one[2] ?? 0) }
        : isJson(one)
          ? { x: Number(one.x), y: Number(one.y), cluster: Number(one.cluster ?? 0) }
          : { x: Number.NaN, y: 0, cluster: 0 },
    )
    .filter((dot) => Number.isFinite(dot.x) && Number.isFinite(dot.y))
    .slice(0, 2_000);
}
