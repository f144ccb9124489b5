import type { Channel } from "../../engine/dispatch.ts";
import { CLOUD_EVENT_TYPE, cloudEvent } from "./cloud-event.ts";
import { createHttpChannel, type HttpSettings, type ReadSecret, webAddress } from "./http-channel.ts";
import { createSigner } from "./webhook.ts";

export interface CloudEventsSettings extends HttpSettings {
  readonly url: string;
  /** Signed as webhooks are, where there are any. */
  readonly secrets: readonly ReadSecret[];
  /** Bearer token, as the CloudEvents HTTP binding for webhooks has it. */
  readonly token?: ReadSecret;
}

/** CloudEvents 1.0 over HTTP, structured mode. */
export function createCloudEventsChannel(settings: CloudEventsSettings): Channel {
  const where = `alerts.${settings.name}.cloudevents`;
  const url = webAddress(settings.url, `${where}.url`, settings.allowPrivate ?? false);
  const sign = createSigner(settings.secrets, `${where}.secret`);
  settings.token?.();
  return createHttpChannel(settings, (notification) => {
    const body = cloudEvent(notification);
    const headers = {
      "content-type": CLOUD_EVENT_TYPE,
      ...sign(notification.id, body),
      ...(settings.token === undefined ? {} : { authorization: `Bearer ${settings.token()}` }),
    };
    return { url, headers, body };
  });
}
