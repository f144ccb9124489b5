import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test } from "vitest";
import type { Channel, Delivery } from "../../engine/dispatch.ts";
import type { About } from "../../engine/notification.ts";
import type { DueNotification } from "../../engine/outbox.ts";
import type { Episode } from "../../engine/store.ts";
import { type Behaviour, MISBEHAVIOURS, type Receiver, startReceiver } from "../../test/support/receiver.ts";
import { createAlertmanagerChannel } from "./alertmanager.ts";
import { createCloudEventsChannel } from "./cloudevents.ts";
import { createKafkaChannel, type KafkaRecord } from "./kafka.ts";
import { createPagerDutyChannel } from "./pagerduty.ts";
import { createSlackChannel } from "./slack.ts";
import { createWebhookChannel } from "./webhook.ts";

const ABOUT: About = {
  monitor: "support-bot",
  detector: "short-text",
  key: "bot 7",
  kind: "drift",
  severity: "critical",
};
const NOW = "2026-03-01T13:47:00.000Z";

const receivers: Receiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receiver(behave: Behaviour = (_, reply) => reply.writeHead(202).end()): Promise<Receiver> {
  const made = await startReceiver(behave);
  receivers.push(made);
  return made;
}

function due(given: Partial<DueNotification> = {}, told: Record<string, unknown> = {}): DueNotification {
  const body = {
    id: "sig_1",
    kind: "drift",
    severity: "critical",
    time: NOW,
    summary: "Since 13:40 <new> & strange.",
    ...told,
  };
  return {
    id: "ntf_1",
    episode: "epi_1",
    signal: "sig_1",
    channel: "ops",
    phase: "opened",
    about: ABOUT,
    body: JSON.stringify(body),
    attempts: 1,
    createdAt: 0,
    ...given,
  };
}

const COMMON = { name: "ops", allowPrivate: true, timeoutMs: 2_000 };
const pageUrl = "https://drift.example.org";
const KINDS: Readonly<Record<string, (url: string, timeoutMs?: number) => Channel>> = {
  webhook: (url, timeoutMs = 2_000) => createWebhookChannel({ ...COMMON, timeoutMs, url, secrets: [() => "s"] }),
  cloudevents: (url, timeoutMs = 2_000) => createCloudEventsChannel({ ...COMMON, timeoutMs, url, secrets: [] }),
  slack: (url, timeoutMs = 2_000) => createSlackChannel({ ...COMMON, timeoutMs, url: () => url, pageUrl }),
  pagerduty: (url, timeoutMs = 2_000) =>
    createPagerDutyChannel({ ...COMMON, timeoutMs, url, routingKey: () => "R0", pageUrl }),
  alertmanager: (url, timeoutMs = 2_000) => createAlertmanagerChannel({ ...COMMON, timeoutMs, urls: [url], pageUrl }),
};

const deliver = (channel: Channel, notification = due()): Promise<Delivery> =>
  channel.deliver(notification, new AbortController().signal);

describe.each(Object.entries(KINDS))("%s", (_, make) => {
  test.each(Object.entries(MISBEHAVIOURS))("a receiver that does this: %s", async (name, { behave, counts }) => {
    const { url } = await receiver(behave);
    const delivery = await deliver(make(url, name.startsWith("accepts") ? 100 : 5_000));
    const wish = delivery.kind === "retry" && delivery.afterMs !== null ? ` after ${delivery.afterMs}` : "";
    expect(`${delivery.kind}${wish}`).toBe(counts);
    if (delivery.kind !== "delivered")
      expect(delivery.error).toMatch(/^Alert channel ops (answered|cannot be reached)/);
  });

  test("a name that leads to a private address is refused at the lookup", async () => {
    const { url, heard } = await receiver();
    const strict = { name: "ops", timeoutMs: 2_000, pageUrl, secrets: [], routingKey: () => "R0" };
    const named = url.replace("127.0.0.1", "localhost");
    const channel = {
      webhook: () => createWebhookChannel({ ...strict, url: named }),
      cloudevents: () => createCloudEventsChannel({ ...strict, url: named }),
      slack: () => createSlackChannel({ ...strict, url: () => named }),
      pagerduty: () => createPagerDutyChannel({ ...strict, url: named }),
      alertmanager: () => createAlertmanagerChannel({ ...strict, urls: [named] }),
    }[_ as "webhook"]();
    expect(await deliver(channel)).toMatchObject({ kind: "retry", error: expect.stringContaining("private") });
    expect(heard).toHaveLength(0);
  });
});

test("CloudEvents: structured JSON with what routes and orders it", async () => {
  const { url, heard } = await receiver();
  const channel = createCloudEventsChannel({ ...COMMON, url, secrets: [() => "s"], token: () => "t" });
  await deliver(channel, due({ phase: "resolved" }));
  const { headers, body } = heard[0]!;
  expect(headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
  expect(headers.authorization).toBe("Bearer t");
  new Webhook("s", { format: "raw" }).verify(body, headers as Record<string, string>);
  expect(JSON.parse(body)).toEqual({
    specversion: "1.0",
    id: "ntf_1",
    source: "/tidegauge/monitors/support-bot",
    type: "io.tidegauge.drift.resolved",
    subject: "bot 7",
    time: NOW,
    datacontenttype: "application/json",
    episode: "epi_1",
    severity: "critical",
    partitionkey: "support-bot/bot 7",
    data: JSON.parse(due().body),
  });
});

test("Slack: text that cannot call anybody, and a link to the page", async () => {
  const { url, heard } = await receiver((_, reply) => reply.end("ok"));
  const channel = createSlackChannel({ ...COMMON, url: () => url, pageUrl });
  await deliver(channel, due({ about: { ...ABOUT, key: "<!channel>" } }));
  const members = Array.from({ length: 40 }, (_, i) => ({ key: `k${i}`, summary: "moved" }));
  const storm = due({ about: { ...ABOUT, key: null, kind: "storm" } }, { alarms: 40, members });
  await deliver(channel, storm);
  const [one, many] = heard.map(
    ({ body }) => JSON.parse(body) as { text: string; blocks: { text: { text: string } }[] },
  );
  expect(JSON.stringify(one)).not.toContain("<!channel>");
  expect(one!.text).toContain("&lt;!channel&gt;");
  expect(one!.blocks[1]!.text.text).toContain("Since 13:40 &lt;new&gt; &amp; strange.");
  expect(one!.blocks[1]!.text.text).toContain(
    "<https://drift.example.org/m/support-bot?key=%3C!channel%3E&amp;episode=epi_1|Open the live page>",
  );
  expect(many!.blocks[1]!.text.text).toContain("… and 25 more");
  expect(many!.blocks[1]!.text.text.length).toBeLessThan(3_000);
});

test("PagerDuty: an episode is one incident through its phases; an event that it cannot take is given up", async () => {
  const { url, heard } = await receiver();
  const channel = createPagerDutyChannel({ ...COMMON, url, routingKey: () => "R0", pageUrl });
  for (const phase of ["opened", "acknowledged", "resolved", "test"] as const)
    await deliver(channel, due(phase === "test" ? { phase, about: null, episode: null } : { phase }));
  const events = heard.map(({ body }) => JSON.parse(body));
  expect(events.map((e) => [e.event_action, e.dedup_key])).toEqual([
    ["trigger", "epi_1"],
    ["acknowledge", "epi_1"],
    ["resolve", "epi_1"],
    ["trigger", "ntf_1"],
  ]);
  expect(events[0]).toMatchObject({
    routing_key: "R0",
    client_url: "https://drift.example.org/m/support-bot?key=bot%207&episode=epi_1",
    payload: { severity: "critical", source: "bot 7", timestamp: NOW, class: "drift", component: "support-bot" },
  });
  const refusing = await receiver((_, reply) => reply.writeHead(400).end());
  expect(await deliver(KINDS.pagerduty!(refusing.url))).toMatchObject({ kind: "dead" });
});

test("Alertmanager: every replica hears it, one is enough, and what is open is said again", async () => {
  const one = await receiver((_, reply) => reply.writeHead(200).end());
  const two = await receiver((_, reply) => reply.writeHead(503).end());
  const now = Date.parse(NOW);
  const urls = [one.url.replace("/hook", ""), two.url.replace("/hook", "/am/")];
  const channel = createAlertmanagerChannel({
    ...COMMON,
    urls,
    pageUrl,
    resendMs: 60_000,
    labels: { team: "nlp" },
    now: () => now,
  });
  expect(await deliver(channel)).toEqual({ kind: "delivered" });
  expect(await deliver(channel, due({ phase: "resolved" }))).toEqual({ kind: "delivered" });
  expect([one.heard[0]!.url, two.heard[0]!.url]).toEqual(["/api/v2/alerts", "/am/api/v2/alerts"]);
  const [opened, resolved] = one.heard.map(({ body }) => JSON.parse(body)[0]);
  const labels = {
    team: "nlp",
    alertname: "TidegaugeDrift",
    monitor: "support-bot",
    detector: "short-text",
    key: "bot 7",
    kind: "drift",
    severity: "critical",
  };
  expect(opened).toMatchObject({ labels, endsAt: "2026-03-01T13:51:00.000Z" });
  // The same labels, ended now.
  expect(resolved).toMatchObject({ labels, endsAt: NOW });
  const episodes = Array.from(
    { length: 450 },
    (_, i) => ({ ...ABOUT, key: `k${i}`, summary: "moved" }) as unknown as Episode,
  );
  expect(await channel.repeat!.say(episodes, new AbortController().signal)).toEqual({ kind: "delivered" });
  const again = one.heard.slice(2).map(({ body }) => JSON.parse(body).length);
  expect(again).toEqual([200, 200, 50]);
  await receivers.shift()!.close();
  expect(await deliver(channel)).toMatchObject({ kind: "retry" });
});

test("Kafka: one record for one notification, keyed by monitor and key; a late answer is a failed try", async () => {
  const sent: KafkaRecord[] = [];
  const kafka = (send: (record: KafkaRecord) => Promise<void>) =>
    createKafkaChannel({ name: "ops", topic: "drift", sender: { send }, timeoutMs: 50 });
  expect(await deliver(kafka(async (record) => void sent.push(record)))).toEqual({ kind: "delivered" });
  expect(sent[0]).toMatchObject({ topic: "drift", key: "support-bot/bot 7", headers: { "tidegauge-phase": "opened" } });
  expect(JSON.parse(sent[0]!.value)).toMatchObject({ specversion: "1.0", id: "ntf_1" });
  expect(await deliver(kafka(() => new Promise(() => {})))).toMatchObject({
    kind: "retry",
    error: expect.stringContaining("no answer in 50 ms"),
  });
  expect(await deliver(kafka(() => Promise.reject(new RangeError("no leader"))))).toMatchObject({
    error: expect.stringContaining("no leader"),
  });
});

test("a secret in a file is read anew for each delivery; without it a try fails and the next one may not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tg-secret-"));
  try {
    const path = join(folder, "secret");
    writeFileSync(path, "first");
    const { url, heard } = await receiver();
    const channel = createWebhookChannel({ ...COMMON, url, secrets: [() => readFileSync(path, "utf8")] });
    const verified = (secret: string, i: number) =>
      new Webhook(secret, { format: "raw" }).verify(heard[i]!.body, heard[i]!.headers as Record<string, string>);
    await deliver(channel);
    verified("first", 0);
    writeFileSync(path, "second");
    await deliver(channel);
    verified("second", 1);
    expect(() => verified("first", 1)).toThrow();
    rmSync(path);
    await expect(deliver(channel)).rejects.toThrow(/ENOENT/);
    writeFileSync(path, "third");
    expect(await deliver(channel)).toEqual({ kind: "delivered" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
