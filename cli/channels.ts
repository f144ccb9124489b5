import { isIP } from "node:net";
import { createAlertmanagerChannel } from "../adapters/channels/alertmanager.ts";
import { createCloudEventsChannel } from "../adapters/channels/cloudevents.ts";
import type { ReadSecret } from "../adapters/channels/http-channel.ts";
import { createKafkaChannel, type RecordSender } from "../adapters/channels/kafka.ts";
import { createPagerDutyChannel } from "../adapters/channels/pagerduty.ts";
import { createSlackChannel } from "../adapters/channels/slack.ts";
import { createWebhookChannel } from "../adapters/channels/webhook.ts";
import type { Channel } from "../engine/dispatch.ts";
import type { MuteWindow } from "../engine/mute.ts";
import type { Route } from "../engine/route.ts";
import type { ChannelPolicy } from "../engine/triage.ts";
import type { AlertConfig } from "./config/alert-schema.ts";
import { readSecret } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import type { Secret } from "./config/secret.ts";
import { VERSION } from "./version.ts";

/** Opens every configured channel; a secret that cannot be read is an error now, not at the first alarm. */
export function openChannels(config: Config, sender: () => RecordSender, pageUrl: string | null): Channel[] {
  return Object.entries(config.alerts).map(([name, alert]) => openChannel(name, alert, sender, pageUrl));
}

function openChannel(name: string, alert: AlertConfig, sender: () => RecordSender, pageUrl: string | null): Channel {
  const { webhook, cloudevents, slack, pagerduty, alertmanager, kafka } = alert;
  const common = { name, version: VERSION };
  const secretOf = (secret: Secret, what: string): ReadSecret => {
    return () => readSecret(secret, process.env, `alerts.${name}.${what}`);
  };
  const both = (target: string, given: { secret?: Secret | undefined; previousSecret?: Secret | undefined }) =>
    [given.secret, given.previousSecret].flatMap((s) => (s === undefined ? [] : [secretOf(s, `${target}.secret`)]));
  const token = (target: string, secret: Secret | undefined) =>
    secret === undefined ? {} : { token: secretOf(secret, `${target}.token`) };
  if (webhook) {
    const { url, allowPrivate } = webhook;
    const secrets = both("webhook", webhook);
    return createWebhookChannel({ ...common, url, secrets, allowPrivate: mayBePrivate([url], allowPrivate) });
  }
  if (cloudevents) {
    const { url, allowPrivate } = cloudevents;
    return createCloudEventsChannel({
      ...common,
      url,
      secrets: both("cloudevents", cloudevents),
      ...token("cloudevents", cloudevents.token),
      allowPrivate: mayBePrivate([url], allowPrivate),
    });
  }
  if (slack) {
    const url = secretOf(slack.url, "slack.url");
    return createSlackChannel({ ...common, url, pageUrl, allowPrivate: mayBePrivate([url()], slack.allowPrivate) });
  }
  if (pagerduty) {
    const { url, allowPrivate } = pagerduty;
    return createPagerDutyChannel({
      ...common,
      url,
      routingKey: secretOf(pagerduty.routingKey, "pagerduty.routingKey"),
      pageUrl,
      allowPrivate: mayBePrivate([url], allowPrivate),
    });
  }
  if (alertmanager) {
    const { urls, allowPrivate, resendSeconds, labels } = alertmanager;
    return createAlertmanagerChannel({
      ...common,
      urls,
      ...token("alertmanager", alertmanager.token),
      resendMs: resendSeconds * 1000,
      labels,
      pageUrl,
      allowPrivate: mayBePrivate(urls, allowPrivate),
    });
  }
  return createKafkaChannel({ name, topic: kafka!.topic, sender: sender() });
}

/** Whom a monitor of the config tells of its alarms; nobody for one that it does not name. */
export function routesOf({ monitors, alerts }: Config, monitor: string): readonly Route[] {
  return (monitors[monitor]?.alerts ?? []).map((channel) => {
    const { only } = alerts[channel]!;
    return only === undefined ? { channel } : { channel, only };
  });
}

export function policyOf({ mute, cooldown, digest, limit }: AlertConfig): ChannelPolicy {
  return {
    mute: mute.map(windowOf),
    cooldownMs: cooldown && cooldown.minutes * 60_000,
    digest: digest && {
      from: digest.from,
      waitMs: digest.waitSeconds * 1000,
      windowMs: digest.windowSeconds * 1000,
    },
    perMinute: limit?.perMinute,
  };
}

function windowOf({ days, from, to, zone, start, end }: AlertConfig["mute"][number]): MuteWindow {
  if (start !== undefined && end !== undefined) return { start: Date.parse(start), end: Date.parse(end) };
  return { days, from: minutesOf(from!), to: minutesOf(to!), zone };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** Whoever writes a private address into the config means it; a name that leads to one may be a trick. */
function mayBePrivate(urls: readonly string[], allowed: boolean | undefined): boolean {
  return allowed ?? urls.every((url) => URL.canParse(url) && isAddress(new URL(url).hostname));
}

function isAddress(host: string): boolean {
  return host === "localhost" || isIP(host.replace(/^\[|\]$/g, "")) !== 0;
}
