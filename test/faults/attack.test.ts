import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findChromium, openChromium } from "../browser/chromium.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { HTML, holdOpen, send, sendRaw } from "./attack.ts";
import { tryAttack } from "./attack-run.ts";
import { type Attacked, attackedService } from "./attack-target.ts";

const WORDS = ["parcel", "card", "order", "letter", "refund", "invoice", "shoe", "book", "lamp", "phone", "chair"];
const folder = mkdtempSync(join(tmpdir(), "tg-attack-"));
let inside: Receiver;
let lures: Receiver[];
let attacked: Attacked;

beforeAll(async () => {
  inside = await startReceiver((_, reply) => reply.writeHead(200).end());
  const redirect = (status: number) => startReceiver((_, r) => r.writeHead(status, { location: inside.url }).end());
  lures = await Promise.all([301, 302, 303, 307, 308].map(redirect));
  const named = new URL(inside.url);
  named.hostname = hostname();
  const addresses = [...lures.map((l) => l.url), named.href];
  attacked = await attackedService(folder, addresses);
}, 120_000);

afterAll(async () => {
  await attacked?.service.kill("SIGTERM");
  await Promise.all([inside, ...(lures ?? [])].map((r) => r?.close()));
  rmSync(folder, { recursive: true, force: true });
});

test("nothing that is tried gets through, leaks, hangs or breaks the service", async () => {
  const { target, attacks, accounts } = attacked;
  for (const attack of attacks) {
    const { name, hits, tried } = await tryAttack(attack, target, 1, (n) => n === 60);
    expect({ name, hits, tried }).toEqual({ name, hits: [], tried: 60 });
  }
  for (let i = 0; i < 30; i++) expect(await sendRaw(target.port, i)).not.toMatch(/ 5\d\d /);
  const held = holdOpen(target.port, 500);
  const found = await accounts();
  held.end();
  expect(found).toMatchObject({ ready: "yes", settled: true });
  expect(found.consumed).toBeGreaterThan(50);
}, 240_000);

test("no webhook is led inside: redirects are not followed, names of private addresses are refused", async () => {
  const { target } = attacked;
  const headers = { authorization: `Bearer ${target.token}` };
  for (let i = 0; i <= lures.length; i++) {
    const { status } = await send(target.port, {
      method: "post",
      path: `/api/v1/alerts/c${i}/test`,
      headers,
      may: [202],
    });
    expect(status).toBe(202);
  }
  await expect.poll(() => lures.filter((l) => l.heard.length > 0).length, { timeout: 60_000 }).toBe(lures.length);
  const tried = async (): Promise<string[]> => {
    const answer = await send(target.port, { path: "/api/v1/notifications?limit=100", headers, may: [200] });
    const { notifications } = JSON.parse(answer.text) as {
      notifications: { channel: string; lastError: string | null }[];
    };
    return notifications.filter((n) => n.lastError !== null).map((n) => n.channel);
  };
  await expect.poll(async () => (await tried()).length, { timeout: 60_000 }).toBe(lures.length + 1);
  expect(inside.heard).toEqual([]);
}, 90_000);

const browserPath = findChromium();
test.skipIf(browserPath === null)(
  "HTML in keys, texts, ids, reasons and notes is text on every page",
  async () => {
    const { target } = attacked;
    const headers = { authorization: `Bearer ${target.token}` };
    const events = (name: string, lines: readonly object[]) =>
      send(target.port, {
        method: "post",
        path: `/api/v1/monitors/${name}/events`,
        headers,
        body: lines.map((l) => JSON.stringify(l)).join("\n"),
        may: [202],
      });
    const bad = HTML.join(" ");
    await events("numbers", [
      ...Array.from({ length: 600 }, (_, i) => ({
        key: HTML[0],
        id: bad,
        value: ((i * 37) % 11) + (i < 400 ? 0 : 50),
      })),
      ...HTML.map((html) => ({ key: html, value: html, [html]: html })),
    ]);
    await events("texts", [
      ...Array.from({ length: 1500 }, (_, i) => {
        const [a, b] = [WORDS[(i * 7) % WORDS.length], WORDS[(i * 5 + 3) % WORDS.length]];
        return { key: HTML[1], text: i < 500 ? `where is my ${a} ${b} ${i}` : `${HTML[i % 2]} login ${a} broken ${i}` };
      }),
    ]);
    const signals = async (): Promise<{ monitor: string; key: string }[]> =>
      JSON.parse((await send(target.port, { path: "/api/v1/signals?limit=1000", headers, may: [200] })).text).signals;
    const alarmed = async () => [...new Set((await signals()).map((s) => s.monitor))].sort();
    await expect.poll(alarmed, { timeout: 60_000 }).toEqual(["numbers", "texts"]);
    const episodes = JSON.parse(
      (await send(target.port, { path: "/api/v1/episodes?limit=100", headers, may: [200] })).text,
    ).episodes as { id: string; key: string }[];
    for (const { id } of episodes) {
      const body = JSON.stringify({ note: HTML[1] });
      await send(target.port, {
        method: "post",
        path: `/api/v1/episodes/${id}/acknowledge`,
        headers,
        body,
        may: [202],
      });
    }

    const browser = await openChromium(browserPath!);
    try {
      const page = await browser.newPage();
      const alerts: string[] = [];
      page.on("dialog", (dialog) => {
        alerts.push(dialog.message());
        void dialog.dismiss();
      });
      const at = `http://127.0.0.1:${target.port}`;
      await page.goto(at);
      await page.getByRole("button", { name: "Sign in" }).first().click();
      await page.getByLabel(/token/i).fill(target.token);
      await page.keyboard.press("Enter");
      await page.getByRole("link", { name: "numbers" }).first().waitFor();
      const key = (html: string) => `?key=${encodeURIComponent(html)}`;
      const views = [
        "/",
        `/m/numbers${key(HTML[0]!)}`,
        `/m/texts${key(HTML[1]!)}`,
        "/signals",
        "/alarms",
        "/rejected",
        "/health",
      ];
      for (const view of [
        ...views,
        ...episodes.map(({ id }) => `/signals?episode=${id}`),
        `/m/${encodeURIComponent(HTML[1]!)}`,
      ]) {
        await page.goto(`${at}${view}`);
        await page.waitForTimeout(1000);
        const hit = await page.evaluate(() => (globalThis as { __hit?: number }).__hit ?? null);
        const foreign = await page.locator("main img, main iframe, main script").count();
        expect([view, hit, foreign, alerts]).toEqual([view, null, 0, []]);
      }
      // The page did show them, as text.
      await page.goto(`${at}/signals`);
      await page.locator(`text=${HTML[0]}`).first().waitFor();
    } finally {
      await browser.close();
    }
  },
  180_000,
);
