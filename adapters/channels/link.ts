import type { About } from "../../engine/notification.ts";

/**
 * Where the live page shows what a notification is about: the alarm itself where it is about one; null where people cannot
 * reach the service by a known address.
 */
export function linkTo(pageUrl: string | null, about: About | null, episode: string | null): string | null {
  if (pageUrl === null || about === null) return null;
  const root = pageUrl.replace(/\/$/, "");
  // Several keys told as one.
  if (about.key === null) return `${root}/alarms?monitor=${encodeURIComponent(about.monitor)}`;
  const page = `${root}/m/${encodeURIComponent(about.monitor)}?key=${encodeURIComponent(about.key)}`;
  return episode === null ? page : `${page}&episode=${encodeURIComponent(episode)}`;
}
