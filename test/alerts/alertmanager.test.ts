import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAlertmanagerChannel } from "../../adapters/channels/alertmanager.ts";
import { systemClock } from "../../engine/clock.ts";
import { startDispatcher } from "../../engine/dispatch.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { startRepeating } from "../../engine/repeat.ts";
import { ALERTMANAGER, hasStack } from "../dashboards/stack.ts";
import { createFakeService, episodeOf, NAME } from "../http/fake-service.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

if (!hasStack) console.warn("SKIPPED, alerts to a real Alertmanager: it is not installed.");

const folder = mkdtempSync(join(tmpdir(), "tg-am-"));
const ended: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const end of ended.toReversed()) await end();
});

interface Group {
  readonly status: string;
  readonly groupLabels: Record<string, string>;
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string> }[];
}

let people: Receiver;
const bases: string[] = [];
const groups = (): Group[] => people.heard.map(({ body }) => JSON.parse(body) as Group);

/** Two replicas that know each other, in front of one person. */
beforeAll(async () => {
  if (!hasStack) return;
  people = await startReceiver((_, reply) => reply.end());
  ended.push(() => people.close());
  const config = {
    route: { receiver: "people", group_by: ["monitor"], group_wait: "1s", group_interval: "1s", repeat_interval: "1h" },
    inhibit_rules: [
      { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: ["monitor"] },
    ],
    receivers: [{ name: "people", webhook_configs: [{ url: people.url, send_resolved: true }] }],
  };
  writeFileSync(join(folder, "am.yml"), JSON.stringify(config));
  const [a, b, gossipA, gossipB] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const start = (port: number, gossip: number, peer: number): ChildProcess =>
    spawn(
      ALERTMANAGER,
      [
        `--config.file=${folder}/am.yml`,
        `--storage.path=${folder}/${port}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--cluster.listen-address=127.0.0.1:${gossip}`,
        `--cluster.peer=127.0.0.1:${peer}`,
        "--cluster.settle-timeout=1s",
        "--cluster.peer-timeout=1s",
        "--log.level=error",
      ],
      { stdio: "ignore" },
    );
  for (const child of [start(a!, gossipA!, gossipB!), start(b!, gossipB!, gossipA!)])
    ended.push(() => child.kill("SIGKILL"));
  bases.push(`http://127.0.0.1:${a}`, `http://127.0.0.1:${b}`);
});

describe.skipIf(!hasStack)("a real Alertmanager with two replicas", () => {
  test("receives on every replica, groups, inhibits, and resolves; what is no more said ends by itself", async () => {
    for (const base of bases) {
      await expect
        .poll(async () => (await fetch(`${base}/-/ready`).catch(() => null))?.ok, { timeout: 60_000, interval: 200 })
        .toBe(true);
    }
    const api = await createFakeService();
    const channel = createAlertmanagerChannel({
      name: "am",
      urls: bases,
      allowPrivate: true,
      pageUrl: "https://drift.example.org",
      resendMs: 1_000,
    });
    const context = { channels: [channel], clock: systemClock, log: silentLog };
    const dispatcher = startDispatcher({ ...context, outbox: api.store, meter: NO_METER, policy: { pollMs: 50 } });
    const repeating = startRepeating({ ...context, records: api.store, routesOf: () => [{ channel: "am" }] });
    ended.push(() => Promise.all([dispatcher.stop(), repeating.stop()]));
    const tell = async (key: string, severity: "warning" | "critical", phase: "opened" | "resolved") => {
      const kind = severity === "critical" ? "surge" : "drift";
      const episode = episodeOf({
        id: `epi_${key}`,
        key,
        severity,
        kind,
        state: phase === "opened" ? "open" : "closed",
      });
      const about = { monitor: NAME, detector: "numeric", key, kind, severity };
      const body = JSON.stringify({ id: `s_${key}`, kind, severity, time: null, summary: `${key} moved` });
      const note = { id: `n_${key}_${phase}`, episode: episode.id, signal: "s", channel: "am", phase, about, body };
      await api.commit({ episodes: [episode], notifications: [note] });
    };
    for (const key of ["a", "b", "c"]) await tell(key, "warning", "opened");
    const alerts = async (base: string) =>
      (await (await fetch(`${base}/api/v2/alerts`)).json()) as {
        labels: Record<string, string>;
        status: { state: string };
        generatorURL: string;
      }[];
    for (const base of bases) {
      await expect
        .poll(async () => (await alerts(base)).map((alert) => alert.labels.key).toSorted(), { timeout: 60_000 })
        .toEqual(["a", "b", "c"]);
    }
    expect((await alerts(bases[0]!))[0]!.generatorURL).toMatch(/^https:\/\/drift\.example\.org\/m\/support-bot\?key=/);
    // One group, told once although two replicas have it.
    const keysOf = (group: Group, status: string) =>
      group.alerts.flatMap((alert) => (alert.status === status ? [alert.labels.key] : [])).toSorted();
    await expect
      .poll(() => groups().map((group) => keysOf(group, "firing").join()), { timeout: 60_000 })
      .toContain("a,b,c");
    expect(groups()[0]!.groupLabels).toEqual({ monitor: NAME });

    await tell("all", "critical", "opened");
    await expect
      .poll(
        async () => (await alerts(bases[0]!)).map(({ labels, status }) => `${labels.key} ${status.state}`).toSorted(),
        {
          timeout: 60_000,
          interval: 200,
        },
      )
      .toEqual(["a suppressed", "all active", "b suppressed", "c suppressed"]);

    await tell("all", "critical", "resolved");
    await tell("a", "warning", "resolved");
    await expect
      .poll(() => groups().flatMap((group) => keysOf(group, "resolved")), { timeout: 60_000, interval: 200 })
      .toContain("a");
    // Said again each second, the others are still there after more than their four seconds.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect((await alerts(bases[1]!)).map((alert) => alert.labels.key).toSorted()).toEqual(["b", "c"]);
    await repeating.stop();
    await expect.poll(async () => (await alerts(bases[1]!)).length, { timeout: 60_000, interval: 200 }).toBe(0);
    expect(await api.store.outboxState()).toMatchObject({ waiting: 0, dead: 0 });
  }, 180_000);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
