import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openChannels, policyOf } from "../../cli/channels.ts";
import { COMMANDS } from "../../cli/commands/index.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { DueNotification } from "../../engine/outbox.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { startTidegauge } from "../support/service.ts";

const page = readFileSync(new URL("../../docs/alerts.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!);

let folder: string;
let receiver: Receiver;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tg-alerts-docs-"));
  mkdirSync(join(folder, "secrets"));
  receiver = await startReceiver((_, reply) => reply.writeHead(202).end());
  for (const name of ["ops", "ops-next"]) writeFileSync(join(folder, "secrets", name), "secret");
  writeFileSync(join(folder, "secrets", "slack-url"), receiver.url);
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

/** The block as a whole config, its targets here. */
function configOf(block: string): string {
  const monitors = /^monitors:/m.test(block) ? "" : "monitors: { m: { detector: numeric, source: { http: {} } } }\n";
  return `${block}${monitors}`
    .replaceAll(/https?:\/\/[a-z0-9.-]+example\.org(:\d+)?[a-z/]*/g, receiver.url)
    .replaceAll("./secrets", join(folder, "secrets"));
}

describe.each(blocks.map((block) => [block.trim().split("\n").slice(0, 3).join(" ").slice(0, 90), block]))(
  "docs/alerts.md: %s",
  (_, block) => {
    test("is a valid config, and each of its channels delivers", async () => {
      const path = join(folder, "tidegauge.yaml");
      writeFileSync(path, configOf(block));
      process.env.BUS_TOKEN = "t";
      const { config } = loadConfig(path, DETECTORS, { OPS_SECRET: "s", PAGERDUTY_KEY: "k" });
      // The one address that the page leaves to its default.
      for (const alert of Object.values(config.alerts)) if (alert.pagerduty) alert.pagerduty.url = receiver.url;
      const sent: string[] = [];
      const sender = { send: async ({ value }: { value: string }) => void sent.push(value) };
      const channels = openChannels(config, () => sender, config.http.url ?? null);
      for (const channel of channels) {
        expect(policyOf(config.alerts[channel.name]!)).toBeDefined();
        const before = receiver.heard.length;
        const delivery = await channel.deliver(notification(channel.name), new AbortController().signal);
        expect(delivery).toEqual({ kind: "delivered" });
        expect(sent.length + receiver.heard.length - before).toBeGreaterThan(0);
      }
    });
  },
);

test("a test alert by the command line goes through a running service; a dead one comes back by redeliver", async () => {
  let status = 410;
  const target = await startReceiver((_, reply) => reply.writeHead(status).end());
  const port = await freePort();
  const service = startTidegauge(
    `store: { kind: memory }
http: { port: ${port}, token: "t" }
alerts: { ops: { webhook: { url: "${target.url}", secret: "s" } } }
monitors: { m: { detector: numeric, source: { http: {} }, alerts: [ops] } }
`,
    folder,
    false,
  );
  try {
    await service.url;
    const path = join(folder, "tidegauge.yaml");
    const first = await command("alert-test", "-c", path, "--channel", "ops");
    expect([first.code, first.text]).toEqual([
      1,
      expect.stringContaining("ops              dead: Alert channel ops answered 410"),
    ]);
    status = 200;
    expect(await command("redeliver", "-c", path)).toEqual({ code: 0, text: "ops              1 due again\n" });
    expect(await command("alert-test", "-c", path)).toEqual({ code: 0, text: "ops              delivered\n" });
    await expect.poll(() => target.heard.length, { timeout: 60_000 }).toBe(3);
    const typo = await command("alert-test", "-c", path, "--channel", "opps");
    expect([typo.code, typo.text]).toEqual([2, expect.stringContaining('did you mean "ops"?')]);
  } finally {
    await service.kill("SIGTERM");
    await target.close();
  }
  const alone = await command("alert-test", "-c", join(folder, "tidegauge.yaml"));
  expect([alone.code, alone.text]).toEqual([2, expect.stringContaining("no service answers")]);
}, 240_000);

/** As `main` runs it, in this process: eight starts of the program would be most of the test. */
async function command(name: string, ...argv: string[]): Promise<{ code: number | null; text: string }> {
  let text = "";
  const written = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    return { code: await COMMANDS.find((each) => each.name === name)!.run(argv), text };
  } catch (error) {
    return { code: 2, text: (error as Error).message };
  } finally {
    written.mockRestore();
  }
}

function notification(channel: string): DueNotification {
  const about = { monitor: "m", detector: "numeric", key: "k", kind: "drift", severity: "warning" } as const;
  const body = JSON.stringify({ id: "sig", kind: "drift", severity: "warning", time: null, summary: "moved" });
  return { id: "ntf", episode: "epi", signal: "sig", channel, phase: "opened", about, body, attempts: 1, createdAt: 0 };
}

async function freePort(): Promise<number> {
  const free = await startReceiver(() => {});
  await free.close();
  return Number(new URL(free.url).port);
}
