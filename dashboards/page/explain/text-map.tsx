import { isJson, textAt } from "./read.ts";
import { shapeOf, TopicMark } from "./topic-mark.tsx";

interface Dot {
  readonly x: number;
  readonly y: number;
  /** Unlike everything normal. */
  readonly far: boolean;
  readonly text: string | null;
  /** Id of the group of new texts that it belongs to. */
  readonly topic: string | null;
}

export interface TextMapData {
  readonly reference: readonly Dot[];
  readonly recent: readonly Dot[];
  /** Strongest first. */
  readonly topics: readonly { readonly id: string; readonly name: string }[];
}

const SIZE = 340;
const HEIGHT = 220;

/** {reference: [[x, y]], recent: [{x, y, far, text, topic}], topics: [{id, name}]}, or null when it is not that. */
export function readMap(value: unknown): TextMapData | null {
  if (!isJson(value)) return null;
  const reference = dots(value.reference);
  const recent = dots(value.recent ?? value.new ?? value.after);
  return reference.length > 0 && recent.length > 0 ? { reference, recent, topics: readTopics(value.topics) } : null;
}

/** Texts as marks, alike ones near each other: what was normal in grey, what came since by its topic. */
export function TextMap({ map }: { map: TextMapData }) {
  const all = [...map.reference, ...map.recent];
  const xs = all.map((dot) => dot.x);
  const ys = all.map((dot) => dot.y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const x = (dot: Dot) => 8 + ((dot.x - left) / (right - left || 1)) * (SIZE - 16);
  const y = (dot: Dot) => HEIGHT - 8 - ((dot.y - top) / (bottom - top || 1)) * (HEIGHT - 16);
  const marks = new Map(map.topics.map(({ id }, i) => [id, i]));
  const others = map.recent.filter(({ topic }) => topic === null || !marks.has(topic));
  const told = map.recent.filter(({ topic }) => topic !== null && marks.has(topic));
  return (
    <figure class="text-map">
      <svg
        viewBox={`0 0 ${SIZE} ${HEIGHT}`}
        role="img"
        aria-label="Map of texts: normal ones in grey, new ones in colour by topic, alike ones near each other"
      >
        <g class="normal">
          {map.reference.map((dot, i) => (
            <circle key={i} cx={x(dot)} cy={y(dot)} r="1.800" />
          ))}
        </g>
        {others.map((dot, i) => (
          <circle key={i} class={dot.far ? "new far" : "new alike"} cx={x(dot)} cy={y(dot)} r="2.200">
            {dot.text !== null && <title>{dot.text}</title>}
          </circle>
        ))}
        {told.map((dot, i) => {
          const mark = marks.get(dot.topic!)!;
          return (
            <path
              key={i}
              class={`new topic-${mark}`}
              d={shapeOf(mark)}
              transform={`translate(${x(dot).toFixed(1)} ${y(dot).toFixed(1)})`}
            >
              {dot.text !== null && <title>{dot.text}</title>}
            </path>
          );
        })}
      </svg>
      {map.topics.length > 0 && (
        <ul class="map-key small">
          {map.topics.map(({ id, name }, i) => (
            <li key={id}>
              <TopicMark mark={i} /> {name}
            </li>
          ))}
        </ul>
      )}
      <figcaption class="quiet small">
        Each mark is a text; alike ones lie near each other. Grey: what was normal. Small and coloured: since the
        change, orange unlike anything normal.
      </figcaption>
    </figure>
  );
}

function readTopics(value: unknown): TextMapData["topics"] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isJson)
    .map((one) => ({ id: textAt(one, "id") ?? "", name: textAt(one, "name") ?? "unnamed" }))
    .filter(({ id }) => id !== "")
    .slice(0, 5);
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
        topic: isJson(one) ? textAt(one, "topic") : null,
      };
    })
    .filter((dot) => Number.isFinite(dot.x) && Number.isFinite(dot.y))
    .slice(0, 1_000);
}
