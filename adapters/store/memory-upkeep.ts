import { forgottenEpisode } from "../../engine/forget.ts";
import { SCHEMA_CHANGE } from "../../engine/refusals.ts";
import type { Ending, Upkeep } from "../../engine/store.ts";
import { withoutTexts } from "./blank-texts.ts";
import { enqueue } from "./memory-commit.ts";
import { dropPart, type MonitorRow, monitorName, type Tables } from "./memory-tables.ts";

const DAY_MS = 86_400_000;

export function memoryUpkeep(tables: Tables, now: () => number, changed: () => void): Upkeep {
  return {
    async tidy() {},

    async prune(policy, ending = nobody) {
      const before = (days: number) => now() - days * DAY_MS;
      const signals = before(policy.signalDays);
      let deleted =
        removeWhere(tables.signals, (row) => row.at < signals) +
        removeWhere(tables.episodes, (row) => row.episode.state === "closed" && row.at < signals) +
        removeWhere(tables.outbox, (row) => row.state !== "waiting" && row.createdAt < signals) +
        removeWhere(tables.commands, (row) => row.appliedAt !== null && row.appliedAt < signals) +
        removeWhere(tables.deadLetters, (row) => row.topicOut === null && row.at < before(policy.deadLetterDays));
      if (policy.textDays != null) {
        const texts = before(policy.textDays);
        for (const [id, row] of tables.signals) {
          if (row.at < texts) tables.signals.set(id, { ...row, signal: withoutTexts(row.signal) });
        }
        for (const row of tables.episodes.values()) {
          if (row.at < texts && row.episode.state === "closed") row.episode = withoutTexts(row.episode);
        }
      }
      for (const monitor of tables.monitors.values()) {
        for (const [key, points] of monitor.series) {
          const kept = points.filter((point) => point.at >= signals);
          deleted += points.length - kept.length;
          if (kept.length === 0) monitor.series.delete(key);
          else monitor.series.set(key, kept);
        }
        for (const [key, state] of monitor.states) {
          if (state.at < before(policy.idleKeyDays)) deleted += removeState(monitor, key);
        }
      }
      closeForgotten(tables, now(), ending);
      return deleted;
    },

    async erase(monitor, key) {
      const bytes = Buffer.from(key, "utf8");
      const mine = (item: { readonly monitor: string; readonly key: string }) =>
        item.monitor === monitor && item.key === key;
      const told = [...tables.outbox.values()].filter((row) => row.about?.monitor === monitor && row.about.key === key);
      // What was told of several keys at once names this one too.
      const digests = new Set(told.map((row) => row.foldedInto));
      let deleted = removeWhere(tables.outbox, (row) => {
        if (told.includes(row) || digests.has(row.id)) return true;
        const signal = tables.signals.get(row.signal);
        const episode = row.episode === null ? undefined : tables.episodes.get(row.episode);
        return (signal !== undefined && mine(signal.signal)) || (episode !== undefined && mine(episode.episode));
      });
      deleted +=
        removeWhere(tables.signals, (row) => mine(row.signal)) +
        removeWhere(tables.episodes, (row) => mine(row.episode)) +
        removeWhere(tables.commands, mine) +
        removeWhere(tables.deadLetters, ({ letter }) => {
          return letter.monitor === monitor && letter.key !== null && bytes.equals(letter.key);
        });
      for (const row of tables.monitors.values()) {
        if (row.name !== monitor) continue;
        deleted += row.series.get(key)?.length ?? 0;
        row.series.delete(key);
        deleted += removeState(row, key);
      }
      changed();
      return deleted;
    },

    async reset(run, monitor, ending = nobody) {
      tables.monitors.delete(monitorName(run, monitor));
      removeWhere(tables.lanes, (lane) => lane.run === run && lane.monitor === monitor);
      removeWhere(tables.commands, (row) => row.run === run && row.monitor === monitor && row.appliedAt === null);
      closeForgotten(tables, now(), ending, monitor);
      changed();
    },
  };
}

const nobody: Ending = () => [];

function closeForgotten(tables: Tables, now: number, ending: Ending, monitor?: string): void {
  for (const row of tables.episodes.values()) {
    const { episode } = row;
    if (episode.state === "closed" || (monitor !== undefined && episode.monitor !== monitor)) continue;
    // What is told of refused records has no key.
    if (monitor === undefined && episode.kind === SCHEMA_CHANGE.kind) continue;
    const known = [...tables.monitors.values()].some((m) => m.name === episode.monitor && m.states.has(episode.key));
    if (known) continue;
    const closed = forgottenEpisode(episode);
    Object.assign(row, { episode: closed, at: now });
    for (const told of ending(closed)) enqueue(tables, told, now);
  }
}

function removeState(monitor: MonitorRow, key: string): number {
  const state = monitor.states.get(key);
  if (state === undefined) return 0;
  for (const hash of state.parts) dropPart(state.lane, hash, key);
  monitor.states.delete(key);
  return 1;
}

function removeWhere<K, V>(rows: Map<K, V>, gone: (row: V) => boolean): number {
  let count = 0;
  for (const [key, row] of rows) {
    if (!gone(row)) continue;
    rows.delete(key);
    count++;
  }
  return count;
}
