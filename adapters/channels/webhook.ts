import type { Channel } from "../../engine/dispatch.ts";
import { createHttpChannel, type HttpSettings, type ReadSecret, webAddress } from "./http-channel.ts";
import { secretBytes, signature } from "./sign.ts";

export interface WebhookSettings extends HttpSettings {
  readonly url: string;
  /** One, or two during a rotation; none: not signed. */
  readonly secrets: readonly ReadSecret[];
}

/** A receiver in the Standard Webhooks form: the body is the notification's own, the same on every try. */
export function createWebhookChannel(settings: WebhookSettings): Channel {
  const where = `alerts.${settings.name}.webhook`;
  const url = webAddress(settings.url, `${where}.url`, settings.allowPrivate ?? false);
  const sign = createSigner(settings.secrets, `${where}.secret`);
  return createHttpChannel(settings, ({ id, body, phase, episode }) => {
    const headers = {
      "content-type": "application/json; charset=utf-8",
      ...sign(id, body),
      "tidegauge-phase": phase,
      ...(episode === null ? {} : { "tidegauge-episode": episode }),
    };
    return { url, headers, body };
  });
}

/** Headers of one try. Secrets are checked at once and read anew each time. */
export function createSigner(secrets: readonly ReadSecret[], where: string) {
  for (const secret of secrets) secretBytes(secret(), where);
  return (id: string, body: string): Readonly<Record<string, string>> => {
    const timestamp = Math.floor(Date.now() / 1000);
    const keys = secrets.map((secret) => secretBytes(secret(), where));
    return {
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      ...(keys.length === 0 ? {} : { "webhook-signature": signature(keys, id, timestamp, body) }),
    };
  };
}
