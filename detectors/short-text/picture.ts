import { earliestOnset, isOpen, KINDS } from "./episode.ts";
import { nearFor } from "./explain.ts";
import { unpackVector } from "./pack-vector.ts";
import { recallPlaced } from "./recent.ts";
import type { Reference } from "./reference.ts";
import type { Watch } from "./watch.ts";

/** Texts of each side on the map at most. */
const SHOWN = 200;
const MOST_TOPICS = 5;

/**
 * Two dimensions for the page: reference texts, and the texts since the onset (or the last ones) with the topic they
 * belong to. With a topic found, the first axis points from the middle of the reference to it and the second to the next
 * one, or along the reference; else both along the reference's widest directions.
 */
export function drawMap(watch: Watch, show: boolean): Record<string, unknown> {
  const { reference } = watch;
  const { dim } = reference;
  const from = isOpen(watch.episodes) ? earliestOnset(watch.episodes) : 0;
  const { events, vectors } = recallPlaced(watch.recent, from, reference.middle);
  const topics = KINDS.flatMap((kind) => {
    const episode = watch.episodes[kind];
    return (episode?.explanation.clusters ?? []).flatMap(({ id, name }, i) => {
      const packed = episode!.centres?.[i];
      return packed === undefined ? [] : [{ id, name, centre: unpackVector(packed) }];
    });
  }).slice(0, MOST_TOPICS);
  const axes = axesFor(
    reference,
    topics.map(({ centre }) => centre),
  );
  const near = topics.length === 0 ? 1 : nearFor(reference);
  const skip = Math.max(0, events.length - SHOWN);
  const rows = reference.texts.length;
  const shown = Math.min(SHOWN, rows);
  return {
    topics: topics.map(({ id, name }) => ({ id, name })),
    reference: Array.from({ length: shown }, (_, i) =>
      place(reference, axes, reference.vectors, Math.floor((i * rows) / shown)),
    ),
    recent: events.slice(skip).map((event, i) => {
      const row = skip + i;
      const [x, y] = place(reference, axes, vectors, row);
      const topic = topics.find(({ centre }) => product(centre, 0, vectors, row * dim, dim) >= near)?.id;
      return {
        x,
        y,
        ...(show ? { text: event.text.slice(0, 80) } : {}),
        ...(topic === undefined ? {} : { topic }),
        index: event.index,
        far: event.high,
      };
    }),
  };
}

/** Two orthogonal unit directions, one after the other. */
function axesFor({ map, dim }: Reference, centres: readonly Float32Array[]): Float32Array {
  const axes = new Float32Array(2 * dim);
  let made = 0;
  for (const wish of [...centres.map((centre) => centre.map((v, d) => v - map.mean[d]!)), ...halves(map.axes, dim)]) {
    if (made === 2) break;
    const along = made === 0 ? 0 : product(wish, 0, axes, 0, dim);
    const rest = wish.map((v, d) => v - along * axes[d]!);
    const size = Math.sqrt(product(rest, 0, rest, 0, dim));
    // What points the same way makes no second axis.
    if (!(size > 0.2 * Math.sqrt(product(wish, 0, wish, 0, dim)))) continue;
    axes.set(
      rest.map((v) => v / size),
      made * dim,
    );
    made += 1;
  }
  return axes;
}

function halves(axes: Float32Array, dim: number): Float32Array[] {
  return [axes.subarray(0, dim), axes.subarray(dim, 2 * dim)];
}

function place({ map, dim }: Reference, axes: Float32Array, vectors: Float32Array, row: number): [number, number] {
  let x = 0;
  let y = 0;
  for (let d = 0; d < dim; d++) {
    const v = vectors[row * dim + d]! - map.mean[d]!;
    x += v * axes[d]!;
    y += v * axes[dim + d]!;
  }
  return [round(x), round(y)];
}

function product(a: Float32Array, i: number, b: Float32Array, j: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a[i + d]! * b[j + d]!;
  return sum;
}

function round(v: number): number {
  return Math.round(v * 1000) / 1000;
}
