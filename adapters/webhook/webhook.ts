import { isIP } from "node:net";
import type { Channel, Delivery } from "../../engine/dispatch.ts";
import { type ErrorCode, TidegaugeError } from "../../engine/errors.ts";
import { type Answer, post } from "./post.ts";
import { isPrivate } from "./private-address.ts";
import { secretBytes, signature } from "./sign.ts";

export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  /** One, or two during a rotation; none: not signed. */
  readonly secrets: readonly string[];
  readonly timeoutMs?: number;
  /** Loopback, private and link-local addresses are refused unless this is true. */
  readonly allowPrivate?: boolean;
  /** Of this program, for the user-agent. */
  readonly version?: string;
}

/** A receiver in the Standard Webhooks form: the body is the notification's own, the same on every try. */
export function createWebhookChannel(settings: WebhookSettings): Channel {
  const { name, timeoutMs = 10_000, allowPrivate = false, version = "0" } = settings;
  const where = `alerts.${name}.webhook`;
  const url = urlOf(settings.url, where, allowPrivate);
  const secrets = settings.secrets.map((s) => secretBytes(s, `${where}.secret`));
  return {
    name,
    async deliver(notification, stop) {
      const { id, body, phase, episode } = notification;
      const timestamp = Math.floor(Date.now() / 1000);
      const headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": `tidegauge/${version}`,
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        ...(secrets.length === 0 ? {} : { "webhook-signature": signature(secrets, id, timestamp, body) }),
        "tidegauge-phase": phase,
        ...(episode === null ? {} : { "tidegauge-episode": episode }),
      };
      return judge(name, await post({ url, headers, body, timeoutMs, allowPrivate, stop }));
    },
  };
}

function judge(target: string, answer: Answer): Delivery {
  if (answer.kind === "unreachable") {
    return { kind: "retry", afterMs: null, error: errorText("WEBHOOK_UNREACHABLE", { target, why: answer.why }) };
  }
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "dead", error: errorText("WEBHOOK_GONE", { target, status }) };
  const error = errorText("WEBHOOK_FAILED", { target, status });
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

function urlOf(text: string, where: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const at = `${where}.url`;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TidegaugeError("CONFIG_INVALID", { where: at, what: "not a web address", fix: "Give https://…" });
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host)) {
    const fix = "Set `allowPrivate: true` if that is meant";
    throw new TidegaugeError("CONFIG_INVALID", { where: at, what: `${host} is a private address`, fix });
  }
  return url;
}
