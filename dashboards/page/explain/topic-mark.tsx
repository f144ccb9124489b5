/** A shape and a colour per topic, the same beside its name and on the map: never colour alone. */
const SHAPES = [
  "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0",
  "M-3-3H3V3H-3Z",
  "M0-3.8L3.7 2.8H-3.7Z",
  "M0-4.2L4.2 0L0 4.2L-4.2 0Z",
  "M-1.3-4H1.3V-1.3H4V1.3H1.3V4H-1.3V1.3H-4V-1.3H-1.3Z",
] as const;

export function shapeOf(mark: number): string {
  return SHAPES[mark % SHAPES.length]!;
}

export function TopicMark({ mark }: { mark: number }) {
  return (
    <svg class="topic-mark" viewBox="-5 -5 10 10" width="12" height="12" aria-hidden="true">
      <path class={`topic-${mark % SHAPES.length}`} d={shapeOf(mark)} />
    </svg>
  );
}
