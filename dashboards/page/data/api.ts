/** The service's HTTP API; an answer is a value either way, so that a page can say what is wrong. */

export type Answer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "failed"; readonly status: number; readonly message: string };

export const API = "/api/v1";

/** A question without an answer for so long is taken for lost: a page that waits for ever tells nobody anything. */
const PATIENCE_MS = 10_000;

export async function get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  return await send<T>(path, { signal: signal === undefined ? late : AbortSignal.any([signal, late]) });
}

export async function post<T>(path: string, body: Readonly<Record<string, unknown>> = {}): Promise<Answer<T>> {
  return await send<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function send<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(API + path, init);
    const text = await response.text();
    const body: unknown = text === "" ? null : JSON.parse(text);
    if (response.ok) return { kind: "ok", value: body as T };
    return {
      kind: "failed",
      status: response.status,
      message: messageOf(body) ?? `The service answered ${response.status}.`,
    };
  } catch {
    return { kind: "failed", status: 0, message: "The service does not answer." };
  }
}

function messageOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return null;
  const { message, error } = body as { message?: unknown; error?: unknown };
  if (typeof message === "string") return message;
  return typeof error === "string" ? error : messageOf(error);
}

/** /monitors/a%20b/keys with query values; null and empty ones are left out. */
export function path(parts: readonly string[], query: Readonly<Record<string, string | number | null>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== "") search.set(name, String(value));
  const text = search.toString();
  return `/${parts.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}
