import type { CommandsTaken, EpisodeDto } from "../../../adapters/http/types.ts";
import { type Answer, path, post } from "./api.ts";

/** What a person can tell the service. Each is stored at once and takes effect at the key's next checkpoint. */

export function acknowledge({ id }: EpisodeDto): Promise<Answer<CommandsTaken>> {
  return post(path(["episodes", id, "acknowledge"]));
}

/** The recent past of the key becomes what "no change" means. */
export function newNormal({ monitor, key }: EpisodeDto): Promise<Answer<CommandsTaken>> {
  return post(path(["monitors", monitor, "keys", key, "reference"]));
}

export function falseAlarm({ monitor, key, id }: EpisodeDto, note: string): Promise<Answer<CommandsTaken>> {
  const why = note.trim();
  return post(path(["monitors", monitor, "keys", key, "feedback"]), {
    kind: "false-alarm",
    episode: id,
    ...(why === "" ? {} : { note: why }),
  });
}

/** What was given up for this channel becomes due again. */
export function redeliver(channel: string): Promise<Answer<{ readonly notifications: number }>> {
  return post(path(["alerts", channel, "redeliver"]));
}
