import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { holdOpen, sendRaw } from "../test/faults/attack.ts";
import { tryAttack } from "../test/faults/attack-run.ts";
import { attackedService } from "../test/faults/attack-target.ts";
import { residentMiB } from "./process-cpu.ts";

/**
 * An attacker's half hour: what was tried against a running service, and what happened, as a table.
 *   node --import tsx bench/attack.ts [--minutes 30] [--seed 1]
 */
const { values } = parseArgs({
  options: { minutes: { type: "string", default: "30" }, seed: { type: "string", default: "1" } },
});
const folder = mkdtempSync(join(tmpdir(), "tg-attack-"));
const { service, target, attacks, accounts } = await attackedService(folder);
const pid = service.process.pid!;
try {
  const each = (Number(values.minutes) * 60_000) / (attacks.length + 2);
  console.log("| tried | times | answers | slowest ms | hits |\n|---|---|---|---|---|");
  for (const attack of attacks) {
    const until = performance.now() + each;
    const t = await tryAttack(attack, target, Number(values.seed), () => performance.now() > until);
    const answers = Object.entries(t.statuses).map(([status, count]) => `${status}: ${count}`);
    console.log(
      `| ${t.name} | ${t.tried} | ${answers.join(", ")} | ${t.slowestMs} | ${t.hits.length === 0 ? "none" : t.hits.join("<br>")} |`,
    );
  }
  const until = performance.now() + each;
  const lines: Record<string, number> = {};
  let raw = 0;
  for (; performance.now() < until; raw++) {
    const line = (await sendRaw(target.port, raw)) || "closed";
    lines[line] = (lines[line] ?? 0) + 1;
  }
  const said = Object.entries(lines).map(([line, count]) => `${line}: ${count}`);
  console.log(
    `| bytes that are no proper request: smuggling, two lengths, two hosts, CONNECT, absolute addresses | ${raw} | ${said.join(", ")} | | |`,
  );
  const held = holdOpen(target.port, 2_000);
  const honest = await accounts();
  held.end();
  console.log(
    `| 2,000 connections that say half a request and wait | 2000 | an honest reader was answered in ${honest.ms} ms | | |`,
  );
  console.log(`\nafterwards: ${JSON.stringify(await accounts())}; memory ${residentMiB(pid).toFixed(0)} MiB`);
} finally {
  await service.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
