import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { findChromium, openChromium } from "./chromium.ts";
import { startMock } from "./mock-api.ts";
import { createWorld, withDead } from "./mock-world.ts";

/** Pictures (WebP) of every view over invented data: node --import tsx test/browser/screenshots.ts OUT [view …] */
const VIEWS: Readonly<Record<string, string>> = {
  overview: "/",
  drift: "/m/support-bot?key=bot-fr",
  numeric: "/m/checkout-latency",
  steady: "/m/basket-value",
  learning: "/m/assistant-beta",
  alarms: "/alarms?state=any",
  signals: "/signals",
  rejected: "/rejected",
  health: "/health",
  missing: "/m/nowhere",
};
const SIZES = [
  { name: "wide", width: 1440, height: 900 },
  { name: "phone", width: 390, height: 844 },
];

const [out = "screenshots", ...wanted] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const path = findChromium();
if (path === null) {
  console.error("No Chromium found; name one with CHROMIUM=/path/to/chromium.");
  process.exit(1);
}
const page = join(import.meta.dirname, "../../dist/page");
const service = await startMock({ page, now: Date.now(), world: withDead(createWorld(Date.now())) });
const browser = await openChromium(path);
for (const { name: size, ...viewport } of SIZES) {
  for (const colorScheme of ["light", "dark"] as const) {
    const context = await browser.newContext({ viewport, colorScheme });
    const tab = await context.newPage();
    tab.on("console", (message) => {
      if (message.type() === "error") console.error(message.text());
    });
    tab.on("pageerror", (error) => console.error(error));
    for (const [view, address] of Object.entries(VIEWS)) {
      if (wanted.length > 0 && !wanted.includes(view)) continue;
      await tab.goto(service.url + address);
      await tab.waitForTimeout(500);
      writeFileSync(join(out, `${view}-${size}-${colorScheme}.webp`), await picture(tab, size === "phone"));
    }
    await context.close();
  }
}
await browser.close();
await service.close();

/** Small: Playwright itself knows no WebP. */
async function picture(tab: Page, whole: boolean): Promise<Buffer> {
  const devtools = await tab.context().newCDPSession(tab);
  const { data } = await devtools.send("Page.captureScreenshot", {
    format: "webp",
    quality: 62,
    captureBeyondViewport: whole,
  });
  return Buffer.from(data, "base64");
}
