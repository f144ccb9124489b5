import type { Channel } from "../../engine/dispatch.ts";
import { type About, type Phase, readBody, type Told } from "../../engine/notification.ts";
import { createHttpChannel, type HttpSettings, type ReadSecret, webAddress } from "./http-channel.ts";
import { linkTo } from "./link.ts";

export interface SlackSettings extends HttpSettings {
  /** The incoming webhook's address, which is the secret. */
  readonly url: ReadSecret;
  readonly pageUrl: string | null;
}

/** A Slack incoming webhook (also of Mattermost and Rocket.Chat, which take the same form). */
export function createSlackChannel(settings: SlackSettings): Channel {
  const address = () => webAddress(settings.url(), `alerts.${settings.name}.slack.url`, settings.allowPrivate ?? false);
  address();
  return createHttpChannel(settings, ({ phase, episode, about, body }) => ({
    url: address(),
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(message(phase, about, readBody(body), linkTo(settings.pageUrl, about, episode))),
  }));
}

const MARKS: Readonly<Record<Phase, string>> = {
  opened: ":rotating_light:",
  updated: ":mag:",
  acknowledged: ":eyes:",
  resolved: ":white_check_mark:",
  reminder: ":bell:",
  test: ":satellite_antenna:",
};
/** Slack takes 3,000 characters in a section. */
const LONGEST = 2_500;
const MEMBERS = 15;

function message(phase: Phase, about: About | null, told: Told, link: string | null) {
  const who = about === null ? "Tidegauge" : about.key === null ? about.monitor : `${about.monitor} / ${about.key}`;
  const title = `${MARKS[phase]} ${escaped(who)}: ${about?.kind ?? told.kind} ${phase} (${about?.severity ?? told.severity})`;
  const members = (told.members ?? []).slice(0, MEMBERS).map(({ key, summary }) => `• ${key}: ${summary}`);
  const left = (told.alarms ?? 0) - members.length;
  const lines = [told.summary, ...members, ...(members.length > 0 && left > 0 ? [`… and ${left} more`] : [])];
  const text = `${escaped(lines.join("\n").slice(0, LONGEST))}${link === null ? "" : `\n<${escaped(link)}|Open the live page>`}`;
  return {
    text: `${title}\n${escaped(told.summary)}`,
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: `*${title}*` } },
      { type: "section", text: { type: "mrkdwn", text } },
    ],
  };
}

/** Otherwise a key could call a whole channel to the screen. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
