import { readBody } from "../../engine/notification.ts";
import type { Notification } from "../../engine/store.ts";

export const CLOUD_EVENT_TYPE = "application/cloudevents+json; charset=utf-8";

/**
 * A notification as a CloudEvent 1.0 in structured JSON. `id` is the notification's, so a repeated delivery is recognised;
 * `subject` is the key; the extension `partitionkey` keeps a key's events in order.
 */
export function cloudEvent({ id, phase, episode, about, body }: Notification): string {
  const told = readBody(body);
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: about === null ? "/tidegauge" : `/tidegauge/monitors/${encodeURIComponent(about.monitor)}`,
    type: `io.tidegauge.${about?.kind ?? told.kind}.${phase}`,
    ...(about?.key == null ? {} : { subject: about.key }),
    ...(told.time === null ? {} : { time: told.time }),
    datacontenttype: "application/json",
    ...(episode === null ? {} : { episode }),
    ...(about === null ? {} : { severity: about.severity }),
    partitionkey: partitionKey(about),
    data: told,
  });
}

export function partitionKey(about: Notification["about"]): string {
  return about === null ? "test" : about.key === null ? about.monitor : `${about.monitor}/${about.key}`;
}
