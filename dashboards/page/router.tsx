import type { ComponentChildren } from "preact";
import { createStore, useStore } from "./data/store.ts";

/** The address is the state: every view can be copied, reloaded and gone back to. */

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

export function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

const place = createStore(here());
const update = () => place.set(here());
addEventListener("popstate", update);

export function usePlace(): Place {
  return useStore(place);
}

export function go(to: string, options: { readonly replace?: boolean } = {}): void {
  const pathBefore = location.pathname;
  if (options.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  update();
  if (location.pathname !== pathBefore) {
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

/** The same place with some query values changed; null removes one. */
export function withQuery(changes: Readonly<Record<string, string | null>>): string {
  const { path, query } = here();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export function monitorPath(name: string, key?: string, episode?: string): string {
  const query = new URLSearchParams();
  if (key !== undefined && key !== "") query.set("key", key);
  if (episode !== undefined) query.set("episode", episode);
  const text = query.toString();
  return `/m/${encodeURIComponent(name)}${text === "" ? "" : `?${text}`}`;
}

interface LinkProps {
  to: string;
  class?: string;
  current?: boolean;
  label?: string;
  children: ComponentChildren;
}

/** A real link: new tab, copy address and no script on the way all work. */
export function Link({ to, current, label, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (
      to.startsWith("#") ||
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} aria-current={current ? "page" : undefined} aria-label={label} class={rest.class}>
      {children}
    </a>
  );
}
