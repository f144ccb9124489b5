import { isIP } from "node:net";
import type { Channel, Delivery } from "../../engine/dispatch.ts";
import { type ErrorCode, TidegaugeError } from "../../engine/errors.ts";
import type { DueNotification } from "../../engine/store.ts";
import { type Answer, post } from "./post.ts";
import { isPrivate } from "./private-address.ts";

export interface HttpSettings {
  readonly name: string;
  readonly timeoutMs?: number;
  /** Loopback, private and link-local addresses are refused unless this is true. */
  readonly allowPrivate?: boolean;
  /** Of this program, for the user-agent. */
  readonly version?: string;
}

/** A secret, read anew for each delivery: a file that was replaced counts from the next try on. */
export type ReadSecret = () => string;

export interface Request {
  /** Checked by webAddress() where it is configured; one that is a secret is checked at each delivery. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A channel that makes one POST of a notification; what it throws while making it is a failed try. */
export function createHttpChannel(
  settings: HttpSettings,
  make: (notification: DueNotification) => Request,
  judge = judgeAnswer,
): Channel {
  return {
    name: settings.name,
    deliver: async (notification, stop) => judge(settings.name, await send(settings, make(notification), stop)),
  };
}

export function send(settings: HttpSettings, request: Request, stop: AbortSignal): Promise<Answer> {
  const { timeoutMs = 10_000, allowPrivate = false, version = "0" } = settings;
  const headers = { "user-agent": `tidegauge/${version}`, ...request.headers };
  return post({ url: request.url, headers, body: request.body, timeoutMs, allowPrivate, stop });
}

/** 2xx: delivered. 410: given up. Everything else may be better later. */
export function judgeAnswer(target: string, answer: Answer): Delivery {
  if (answer.kind === "unreachable") {
    return { kind: "retry", afterMs: null, error: errorText("TARGET_UNREACHABLE", { target, why: answer.why }) };
  }
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "dead", error: errorText("TARGET_GONE", { target, status }) };
  const error = errorText("TARGET_FAILED", { target, status });
  return { kind: "retry", afterMs: parseRetryAfter(retryAfter, Date.now()), error };
}

/** Seconds, or an HTTP date; anything else is no wish. */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function errorText(code: ErrorCode, details: Readonly<Record<string, string | number>>): string {
  return new TidegaugeError(code, details).message;
}

/** The address, or CONFIG_INVALID: no web address, or a private one that was not allowed. */
export function webAddress(text: string, where: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TidegaugeError("CONFIG_INVALID", { where, what: "not a web address", fix: "Give https://…" });
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host)) {
    const fix = "Set `allowPrivate: true` if that is meant";
    throw new TidegaugeError("CONFIG_INVALID", { where, what: `${host} is a private address`, fix });
  }
  return url;
}
