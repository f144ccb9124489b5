import { createHash } from "node:crypto";

/** Separates parts, so that ("ab","c") and ("a","bc") differ. */
function digest(prefix: string, parts: readonly (string | number)[]): string {
  return `${prefix}_${createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, 24)}`;
}

export interface Place {
  readonly run: string;
  readonly monitor: string;
  /** Identity of the stream where the source has one (Kafka's topic id), else empty. */
  readonly topicId: string;
  readonly topic: string;
  readonly partition: number;
}

/** The same input gives the same id, whatever was killed in between. `ordinal` counts signals of one event. */
export function signalId(at: Place, offset: string, key: string, kind: string, ordinal: number): string {
  return digest("sig", [at.run, at.monitor, at.topicId, at.topic, at.partition, offset, key, kind, ordinal]);
}

export function episodeId(firstSignal: string): string {
  return digest("epi", [firstSignal]);
}

export function notificationId(episode: string, channel: string, phase: string, sequence: number): string {
  return digest("ntf", [episode, channel, phase, sequence]);
}

/** Of alarms that are told as one. */
export function stormId(members: readonly string[]): string {
  return digest("epi", ["storm", ...members]);
}
