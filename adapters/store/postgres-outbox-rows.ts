import type { DueNotification, NotificationRecord, NotificationState } from "../../engine/outbox.ts";
import type { Severity } from "../../engine/signal.ts";
import type { Row } from "./postgres-connection.ts";
import { fromText } from "./safe-text.ts";

export const TIMES =
  "extract(epoch from created_at) * 1000 as created_ms, extract(epoch from finished_at) * 1000 as finished_ms";

export function dueNotification(row: Row): DueNotification {
  return {
    id: fromText(row.id as string),
    episode: row.episode === null ? null : fromText(row.episode as string),
    signal: fromText(row.signal as string),
    channel: fromText(row.channel as string),
    phase: row.phase as DueNotification["phase"],
    about:
      row.monitor === null
        ? null
        : {
            monitor: fromText(row.monitor as string),
            detector: fromText(row.detector as string),
            key: row.key === null ? null : fromText(row.key as string),
            kind: fromText(row.kind as string),
            severity: row.severity as Severity,
          },
    body: fromText(row.body as string),
    attempts: row.attempts as number,
    createdAt: Math.round(Number(row.created_ms)),
  };
}

export function notificationRecord(row: Row): NotificationRecord {
  return {
    ...dueNotification(row),
    state: row.state as NotificationState,
    error: row.error === null ? null : fromText(row.error as string),
    foldedInto: row.folded_into === null ? null : fromText(row.folded_into as string),
    finishedAt: row.finished_ms === null ? null : Math.round(Number(row.finished_ms)),
  };
}
