import type { Channel, Delivery } from "../../engine/dispatch.ts";
import { type About, readBody } from "../../engine/notification.ts";
import type { Episode } from "../../engine/store.ts";
import { type HttpSettings, judgeAnswer, type ReadSecret, send, webAddress } from "./http-channel.ts";
import { linkTo } from "./link.ts";

export interface AlertmanagerSettings extends HttpSettings {
  /** Every replica; each is told everything, they agree among themselves. */
  readonly urls: readonly string[];
  readonly token?: ReadSecret;
  /** Open alarms are sent again so often; an alarm ends by itself after four times as long without. */
  readonly resendMs?: number;
  readonly pageUrl: string | null;
  /** Beside those of the alert: a team, an environment. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

const RESEND_MS = 60_000;
const AT_ONCE = 200;

/** Alertmanager API v2. An episode is an alert: its labels name it, `endsAt` is pushed on while it is open. */
export function createAlertmanagerChannel(settings: AlertmanagerSettings): Channel {
  const { name, pageUrl, resendMs = RESEND_MS, now = Date.now } = settings;
  const where = `alerts.${name}.alertmanager.urls`;
  const urls = settings.urls.map((url) => {
    const base = webAddress(url, where, settings.allowPrivate ?? false);
    return new URL(`${base.href.replace(/\/$/, "")}/api/v2/alerts`);
  });
  settings.token?.();

  const tell = async (alerts: readonly PostedAlert[], stop: AbortSignal): Promise<Delivery> => {
    const body = JSON.stringify(alerts);
    const headers = {
      "content-type": "application/json",
      ...(settings.token === undefined ? {} : { authorization: `Bearer ${settings.token()}` }),
    };
    const answers = await Promise.all(urls.map((url) => send(settings, { url, headers, body }, stop)));
    // One is enough: replicas gossip what was sent, and one that comes back hears the open ones with the next resend.
    const judged = answers.map((answer) => judgeAnswer(name, answer));
    return judged.find((d) => d.kind === "delivered") ?? judged.find((d) => d.kind === "retry") ?? judged[0]!;
  };

  const alert = (
    about: About | null,
    episode: string | null,
    phase: string,
    summary: string,
    startsAt: string | null,
  ): PostedAlert => {
    const link = linkTo(pageUrl, about, episode);
    // Resolved means: it ended. Everything else runs on until nobody says it any more.
    const ends = phase === "resolved" || phase === "acknowledged" ? now() : now() + 4 * resendMs;
    return {
      labels: { ...settings.labels, ...labelsOf(about) },
      annotations: { summary, ...(link === null ? {} : { page: link }) },
      ...(startsAt === null || Date.parse(startsAt) >= ends ? {} : { startsAt }),
      endsAt: new Date(ends).toISOString(),
      ...(link === null ? {} : { generatorURL: link }),
    };
  };

  return {
    name,
    async deliver({ about, episode, phase, body }, stop) {
      const told = readBody(body);
      return tell([alert(about, episode, phase, told.summary, null)], stop);
    },
    repeat: {
      everyMs: resendMs,
      async say(episodes, stop) {
        for (let i = 0; i < episodes.length; i += AT_ONCE) {
          const alerts = episodes.slice(i, i + AT_ONCE).map((e) => alert(aboutOf(e), e.id, "opened", e.summary, null));
          const said = await tell(alerts, stop);
          if (said.kind !== "delivered") return said;
        }
        return { kind: "delivered" };
      },
    },
  };
}

function labelsOf(about: About | null): Record<string, string> {
  if (about === null) return { alertname: "TidegaugeTest", severity: "info" };
  const { monitor, detector, key, kind, severity } = about;
  const alertname = key === null ? "TidegaugeStorm" : "TidegaugeDrift";
  return { alertname, monitor, detector, kind, severity, ...(key === null || key === "" ? {} : { key }) };
}

function aboutOf({ monitor, detector, key, kind, severity }: Episode): About {
  return { monitor, detector, key, kind, severity };
}
