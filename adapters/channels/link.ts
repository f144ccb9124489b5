import type { About } from "../../engine/notification.ts";

/** Where the live page shows what a notification is about; null where people cannot reach the service by a known address. */
export function linkTo(pageUrl: string | null, about: About | null): string | null {
  if (pageUrl === null || about === null) return null;
  const page = `${pageUrl.replace(/\/$/, "")}/m/${encodeURIComponent(about.monitor)}`;
  return about.key === null ? page : `${page}?key=${encodeURIComponent(about.key)}`;
}
