import type { Inspection } from "../../engine/detector.ts";
import type { LaneView } from "../../engine/service-view.ts";
import type { DeadLetterRecord, KeyRecord, SeriesPoint } from "../../engine/store.ts";
import type { DeadLetterDto, InspectionDto, KeyRow, LaneDto, SeriesPointDto } from "./types.ts";

/** Engine values in the API's form. */
export function timeText(time: number | null): string | null {
  return time === null || !Number.isFinite(time) || Math.abs(time) > 8.64e15 ? null : new Date(time).toISOString();
}

export function keyRowOf({ key, partition, events, status, ratio, time }: KeyRecord): KeyRow {
  return { key, partition, events, status, ratio, lastEventTime: timeText(time) };
}

export function pointOf({ from, to, time, ratio }: SeriesPoint): SeriesPointDto {
  return { from, to, time, ratio };
}

export function laneOf(lane: LaneView): LaneDto {
  const { topic, partition, identity, nextOffset, highWatermark, lag, committedAt, error } = lane;
  return {
    topic,
    partition,
    identity,
    nextOffset: nextOffset === null ? null : String(nextOffset),
    highWatermark: highWatermark === null ? null : String(highWatermark),
    lag,
    committedAt: timeText(committedAt),
    error,
  };
}

export function inspectionOf({ status, statistic, threshold, gauges, learning, details }: Inspection): InspectionDto {
  return { status, statistic, threshold, gauges: { ...gauges }, learning: learning ?? null, details: { ...details } };
}

const SHOWN_CHARACTERS = 2_000;

export function deadLetterOf(letter: DeadLetterRecord): DeadLetterDto {
  const { monitor, topic, partition, offset, time, key, reason, detail, value, state } = letter;
  return {
    monitor,
    topic,
    partition,
    offset: String(offset),
    time: timeText(time),
    key: key === null ? null : textOf(key, 256),
    reason,
    detail,
    value: value === null ? null : textOf(value, SHOWN_CHARACTERS),
    bytes: value?.length ?? 0,
    state,
  };
}

/** Four bytes are enough for any character; a cut character at the end becomes U+FFFD as any other broken one. */
function textOf(bytes: Uint8Array, characters: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, characters * 4))
    .toString("utf8")
    .slice(0, characters);
}
