import type { Channel, Delivery } from "../../engine/dispatch.ts";
import { type Phase, readBody } from "../../engine/notification.ts";
import type { DueNotification } from "../../engine/store.ts";
import { createHttpChannel, type HttpSettings, judgeAnswer, type ReadSecret, webAddress } from "./http-channel.ts";
import { linkTo } from "./link.ts";
import type { Answer } from "./post.ts";

export interface PagerDutySettings extends HttpSettings {
  readonly url: string;
  /** Integration key of an Events API v2 integration. */
  readonly routingKey: ReadSecret;
  readonly pageUrl: string | null;
}

export const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";
const LONGEST_SUMMARY = 1_024;

/** PagerDuty Events API v2: an episode is one incident (`dedup_key`), triggered, acknowledged and resolved with it. */
export function createPagerDutyChannel(settings: PagerDutySettings): Channel {
  const url = webAddress(settings.url, `alerts.${settings.name}.pagerduty.url`, settings.allowPrivate ?? false);
  settings.routingKey();
  return createHttpChannel(
    settings,
    (notification) => ({
      url,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(event(notification, settings.routingKey(), settings.pageUrl)),
    }),
    judge,
  );
}

const ACTIONS: Readonly<Record<Phase, "trigger" | "acknowledge" | "resolve">> = {
  opened: "trigger",
  updated: "trigger",
  acknowledged: "acknowledge",
  resolved: "resolve",
  reminder: "trigger",
  test: "trigger",
};

function event({ id, phase, episode, about, body }: DueNotification, routingKey: string, pageUrl: string | null) {
  const told = readBody(body);
  const link = linkTo(pageUrl, about, episode);
  const who = about === null ? "" : `${about.monitor}${about.key === null ? "" : ` / ${about.key}`}: `;
  return {
    routing_key: routingKey,
    event_action: ACTIONS[phase],
    dedup_key: episode ?? id,
    client: "Tidegauge",
    ...(link === null ? {} : { client_url: link, links: [{ href: link, text: "Live page" }] }),
    payload: {
      summary: `${who}${told.summary}`.slice(0, LONGEST_SUMMARY),
      source: about?.key ?? about?.monitor ?? "tidegauge",
      severity: about?.severity ?? "info",
      ...(told.time === null ? {} : { timestamp: told.time }),
      component: about?.monitor ?? "tidegauge",
      group: about?.detector ?? "tidegauge",
      class: about?.kind ?? told.kind,
      custom_details: told,
    },
  };
}

/** 400: this event is not taken, however often it is sent; the next one may be. */
function judge(target: string, answer: Answer): Delivery {
  const delivery = judgeAnswer(target, answer);
  if (answer.kind !== "answered" || answer.status !== 400 || delivery.kind !== "retry") return delivery;
  return { kind: "dead", error: delivery.error };
}
