import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { contextDrift } from "../../detectors/context-drift/context-drift.ts";
import { simulateFleet } from "../../detectors/context-drift/simulated-fleet.ts";
import type { Detector } from "../../engine/detector.ts";
import { openExample } from "../../test/laws/run-model.ts";
import { evaluate } from "../commands/evaluate.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegauge-each-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const jump = (i: number) => (i >= 150 && i % 4 === 0 ? { turn: 5, by: 5 } : null);

/** Ten conversations at a time, turn by turn; every fourth one jumps at turn 5. */
function labelled(): { conversation: string; turn: number; strays: boolean }[] {
  const plan = { seed: "each", conversations: 400, turns: 10, phi: 0.5, tau: 1, jump };
  const turns = [...simulateFleet(plan)];
  const order = turns.map((event, i) => ({
    event,
    at: Math.floor(i / 100) * 100 + (i % 10) * 10 + (Math.floor(i / 10) % 10),
  }));
  return order
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => {
      const { conversation, turn = 0 } = event;
      return { ...event, conversation, turn, strays: jump(Number(conversation.slice(1)))?.turn === turn };
    });
}

test("changes of conversations are matched with the alarms that name them, as a count by hand does", async () => {
  const events = labelled();
  writeFileSync(file("labelled.ndjson"), events.map((event) => JSON.stringify({ ...event, key: "fleet" })).join("\n"));
  writeFileSync(file("c.yaml"), "monitors:\n  fleet: { detector: context-drift, reference: { first: 100 } }\n");
  const argv = ["-c", file("c.yaml"), "-i", file("labelled.ndjson"), "--flag", "/strays", "-j", file("out.json"), "-q"];
  expect(await evaluate.run([...argv, "--each", "conversation", "--within", "10"])).toBe(0);
  const { evaluations } = JSON.parse(readFileSync(file("out.json"), "utf8"));
  const { score, keys, others } = evaluations[0];

  const example = { ...contextDrift.example, options: {}, reference: { first: 100 } };
  const model = await openExample({ ...contextDrift, example } as unknown as Detector);
  const state = model.init("fleet");
  const flagged = new Map<string, number>();
  for (const { strays: _, ...event } of events) {
    const [outcome] = await model.step([{ state, event, time: null }]);
    for (const { kind } of outcome!.signals)
      if (kind.startsWith("conversation_")) flagged.set(event.conversation, event.turn);
  }
  const changed = Array.from({ length: 400 }, (_, i) => i).filter((i) => jump(i) !== null);
  const found = changed.filter((i) => (flagged.get(`c${i}`) ?? 0) >= 5);
  expect(score).toMatchObject({
    changes: changed.length,
    found: found.length,
    falseAlarms: flagged.size - found.length,
  });
  expect(found.length / changed.length).toBeGreaterThan(0.9);
  const delays = found.map((i) => flagged.get(`c${i}`)! - 5);
  expect(score.delay.mean).toBeCloseTo(delays.reduce((a, b) => a + b) / delays.length, 10);
  // That so many strayed has moved the fleet, which is one alarm of another kind.
  expect({ keys, others }).toEqual({ keys: 400, others: 1 });

  // Without it alarms of one conversation stand for changes of another.
  expect(await evaluate.run([...argv, "--within", "10"])).toBe(0);
  const { evaluations: mixed } = JSON.parse(readFileSync(file("out.json"), "utf8"));
  expect(mixed[0].keys).toBe(1);
  await expect(evaluate.run([...argv, "--each", "dialogue"])).rejects.toThrow(/dialogue is no field/);
});
