import type { Commit, CommitResult, LaneClaim, LaneName, StateWrite, StoredState } from "../../engine/store.ts";
import { dropPart, type LaneRow, type MonitorRow, monitorRow, type StateRow, type Tables } from "./memory-tables.ts";

export function claimLane(tables: Tables, name: LaneName, identity: string | null): LaneClaim {
  monitorRow(tables, name.run, name.monitor);
  let row = [...tables.lanes.values()].find((lane) => isSameLane(lane, name));
  if (row === undefined) {
    row = {
      run: name.run,
      monitor: name.monitor,
      topic: name.topic,
      partition: name.partition,
      lane: ++tables.sequence,
      identity: null,
      epoch: 0,
      nextOffset: null,
      cursor: null,
      committedAt: null,
      parts: new Map(),
    };
    tables.lanes.set(row.lane, row);
  }
  row.identity ??= identity;
  row.epoch++;
  return {
    lane: row.lane,
    epoch: row.epoch,
    nextOffset: row.nextOffset,
    cursor: row.cursor,
    identity: row.identity,
  };
}

export function loadStates(tables: Tables, lane: number, keys: readonly string[]): StoredState[] {
  const row = tables.lanes.get(lane);
  if (row === undefined) return [];
  const { states } = monitorRow(tables, row.run, row.monitor);
  const found: StoredState[] = [];
  for (const key of keys) {
    const state = states.get(key);
    if (state?.lane === row) found.push(storedState(key, state));
  }
  return found;
}

/** The caller may write into what it gets; parts are never written. */
export function storedState(key: string, state: StateRow): StoredState {
  return {
    key,
    blob: new Uint8Array(state.blob),
    parts: state.parts.map((hash) => state.lane.parts.get(hash)!.part),
  };
}

/** Decides first and writes then: nothing in between can fail. */
export function applyCommit(tables: Tables, commit: Commit, now: number): CommitResult {
  const lane = tables.lanes.get(commit.lane);
  if (lane === undefined || lane.epoch !== commit.epoch || lane.nextOffset !== commit.fromOffset) {
    return { kind: "fenced" };
  }
  const monitor = monitorRow(tables, lane.run, lane.monitor);
  for (const write of commit.states) {
    const state = monitor.states.get(write.key);
    if (state !== undefined && state.lane !== lane) return { kind: "foreign-key", key: write.key };
  }
  if (commit.states.some((write) => misses(lane, monitor, write))) return { kind: "fenced" };
  const replayed = commit.replayed ?? [];
  const letters = new Map(
    replayed.length === 0 ? [] : [...tables.deadLetters.values()].map((row) => [row.sequence, row]),
  );
  if (replayed.some(({ sequence }) => letters.get(sequence)?.letter.state !== "asked")) return { kind: "fenced" };
  for (const { sequence, rejection } of replayed) {
    const row = letters.get(sequence)!;
    row.letter = { ...row.letter, ...rejection, state: rejection === null ? "replayed" : "kept" };
  }
  lane.nextOffset = commit.nextOffset;
  lane.cursor = commit.cursor;
  lane.committedAt = now;
  for (const write of commit.states) writeState(lane, monitor, write, now);
  writeRecords(tables, lane, monitor, commit, now);
  return { kind: "committed" };
}

/** A state that was erased or aged out under its owner, and with it fixed parts that the owner believes stored. */
function misses(lane: LaneRow, monitor: MonitorRow, write: StateWrite): boolean {
  if (write.parts.length === 0 || monitor.states.has(write.key)) return false;
  return write.parts.some((hash) => !lane.parts.has(hash) && !write.newParts.some((part) => part.hash === hash));
}

function writeState(lane: LaneRow, monitor: MonitorRow, write: StateWrite, now: number): void {
  for (const part of write.newParts) {
    if (!lane.parts.has(part.hash)) lane.parts.set(part.hash, { part, keys: new Set() });
  }
  const row = monitor.states.get(write.key);
  if (write.newParts.length > 0 || row === undefined) {
    for (const hash of write.parts) lane.parts.get(hash)!.keys.add(write.key);
  }
  for (const hash of write.dropParts) dropPart(lane, hash, write.key);
  if (row === undefined) {
    const { parts, events, status, ratio, time } = write;
    monitor.states.set(write.key, {
      lane,
      blob: new Uint8Array(write.blob),
      parts,
      events,
      status,
      ratio,
      time,
      at: now,
    });
    return;
  }
  if (row.blob.length === write.blob.length) row.blob.set(write.blob);
  else row.blob = new Uint8Array(write.blob);
  row.parts = write.parts;
  row.events = write.events;
  row.status = write.status;
  row.ratio = write.ratio;
  row.time = write.time;
  row.at = now;
}

function writeRecords(tables: Tables, lane: LaneRow, monitor: MonitorRow, commit: Commit, now: number): void {
  for (const point of commit.series) {
    const points = monitor.series.get(point.key);
    if (points === undefined) monitor.series.set(point.key, [{ ...point, at: now }]);
    else points.push({ ...point, at: now });
  }
  for (const letter of commit.deadLetters) {
    const { run, monitor: name } = lane;
    const { topicOut = null, place, ...kept } = letter;
    const { topic, partition } = place ?? lane;
    const id = JSON.stringify([run, name, topic, partition, letter.offset]);
    if (tables.deadLetters.has(id)) continue;
    const sequence = ++tables.sequence;
    const record = { ...kept, sequence, run, monitor: name, topic, partition, state: "kept" as const };
    tables.deadLetters.set(id, { sequence, letter: record, at: now, topicOut, topicOutAt: now });
  }
  for (const episode of commit.episodes) {
    const row = tables.episodes.get(episode.id);
    if (row === undefined) tables.episodes.set(episode.id, { sequence: ++tables.sequence, episode, at: now });
    else Object.assign(row, { episode, at: now });
  }
  for (const notification of commit.notifications) enqueue(tables, notification, now);
  for (const id of commit.commands) {
    const command = tables.commands.get(id);
    if (command !== undefined) command.appliedAt ??= now;
  }
  for (const signal of commit.signals) {
    if (tables.signals.has(signal.id)) continue;
    tables.signals.set(signal.id, { sequence: ++tables.sequence, signal, at: now });
  }
}

export function enqueue(tables: Tables, notification: Commit["notifications"][number], now: number): void {
  if (tables.outbox.has(notification.id)) return;
  tables.outbox.set(notification.id, {
    ...notification,
    sequence: ++tables.sequence,
    createdAt: now,
    state: "waiting",
    attempts: 0,
    nextAt: now,
    error: null,
    foldedInto: null,
    finishedAt: null,
  });
}

function isSameLane(lane: LaneRow, name: LaneName): boolean {
  return (
    lane.run === name.run &&
    lane.monitor === name.monitor &&
    lane.topic === name.topic &&
    lane.partition === name.partition
  );
}
