import { notificationId, stormId } from "./ids.ts";
import { readBody, worst } from "./notification.ts";
import type { DueNotification, Notification } from "./outbox.ts";

/** How many of a group are named one by one. */
const NAMED = 50;

/** Many openings of one monitor on one channel as one notification with an id of its own; pure. */
export function digestOf(members: readonly Notification[]): Notification {
  const { channel, about } = members[0]!;
  const { monitor, detector } = about!;
  const episode = stormId(members.map((m) => m.id));
  const told = members.map((m) => ({ about: m.about!, episode: m.episode, body: readBody(m.body) }));
  const keys = new Set(told.map((t) => t.about.key));
  const kinds = [...new Set(told.map((t) => t.about.kind))];
  const severity = worst(told.map((t) => t.about.severity));
  const times = told.flatMap((t) => (t.body.time === null ? [] : [t.body.time])).sort();
  const since = times[0] ?? null;
  const named = [...keys].slice(0, 3).join(", ");
  const summary = `${members.length} alarms on ${keys.size} keys of ${monitor} at once (${kinds.join(", ")})${since === null ? "" : ` since ${since}`}: ${named}${keys.size > 3 ? ", …" : ""}. Look for one cause upstream first.`;
  const body = {
    id: episode,
    monitor,
    detector,
    kind: "storm",
    severity,
    time: since,
    summary,
    alarms: members.length,
    members: told.slice(0, NAMED).map(({ about: a, episode: e, body: b }) => ({
      episode: e,
      key: a.key ?? "",
      kind: a.kind,
      severity: a.severity,
      summary: b.summary,
    })),
    version: 1,
  };
  return {
    id: notificationId(episode, channel, "opened", 0),
    episode,
    signal: members[0]!.signal,
    channel,
    phase: "opened",
    about: { monitor, detector, key: null, kind: "storm", severity },
    body: JSON.stringify(body),
  };
}

/** The end of all that was told as one; `last` is the end of the last of them. */
export function stormOver(one: DueNotification, members: number, last: Notification): Notification {
  const { id: _, phase: __, body, ...same } = one;
  const told = readBody(body);
  const { time } = readBody(last.body);
  const summary = `All ${members} alarms of ${one.about!.monitor} that were told together are over.`;
  return {
    id: notificationId(one.episode!, one.channel, "resolved", 1),
    phase: "resolved",
    episode: same.episode,
    signal: same.signal,
    channel: same.channel,
    about: same.about,
    body: JSON.stringify({ ...told, time, severity: "info", summary, members: [] }),
  };
}
