import { expect, test } from "vitest";
import { DETECTORS } from "../../detectors/index.ts";
import { dashboards } from "./dashboards.ts";

test.each(dashboards(DETECTORS).map((d) => [d.uid!, d] as const))(
  "%s: its panels fill the grid of 24 columns and hide none",
  (_, { panels }) => {
    const taken = new Map<string, string>();
    for (const panel of panels!) {
      if (!("gridPos" in panel) || panel.gridPos === undefined) throw new RangeError("a panel without a place");
      const { x, y, w, h } = panel.gridPos;
      expect(x + w, panel.title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          expect(taken.get(`${column},${row}`), panel.title).toBeUndefined();
          taken.set(`${column},${row}`, panel.title!);
        }
    }
  },
);
