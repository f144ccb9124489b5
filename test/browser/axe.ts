import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe-core finds on the page as it is, serious and critical: rule, how often, and the first element. */
export async function seriousFindings(tab: Page): Promise<readonly string[]> {
  await tab.evaluate(axe.source);
  const { violations } = await tab.evaluate<axe.AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
}
