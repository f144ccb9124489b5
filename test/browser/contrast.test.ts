import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const CSS = readFileSync(join(import.meta.dirname, "../../dashboards/page/style/tokens.css"), "utf8");
const [light = "", dark = ""] = CSS.split("@media (prefers-color-scheme: dark)");
const LIGHT = colours(light);
const SCHEMES = { light: LIGHT, dark: new Map([...LIGHT, ...colours(dark)]) };

const TEXTS = ["ink", "ink-2", "accent-ink", "steady-ink", "warning-ink", "drifting-ink", "learning-ink", "onset-ink"];
const SHAPES = ["accent", "steady", "drifting", "line-strong"];

describe.each(Object.entries(SCHEMES))("colours in %s", (_, colour) => {
  const pairs = TEXTS.flatMap((text) => ["paper", "surface"].map((ground) => [text, ground] as const));

  test.each([...pairs, ["ink-2", "sunken"], ["on-accent", "accent"], ["warning-ink", "warning-soft"]] as const)(
    "%s on %s can be read: at least 4.5 to 1",
    (text, ground) => {
      expect(contrast(colour.get(text)!, colour.get(ground)!)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(SHAPES)("%s on the surface can be seen: at least 3 to 1", (shape) => {
    expect(contrast(colour.get(shape)!, colour.get("surface")!)).toBeGreaterThanOrEqual(3);
  });
});

function colours(css: string): Map<string, string> {
  return new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]));
}

/** WCAG 2: (lighter + .05) / (darker + .05) of the relative luminances. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
