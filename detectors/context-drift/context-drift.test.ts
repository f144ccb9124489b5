import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Detector, Model, Outcome, Snapshot } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { openExample } from "../../test/laws/run-model.ts";
import { contextDrift } from "./context-drift.ts";
import { simulateFleet } from "./simulated-fleet.ts";
import type { State } from "./state.ts";

async function open(options: object = {}, first = 100): Promise<{ model: Model; state: State }> {
  const example = { ...contextDrift.example, options, reference: { first } };
  const model = await openExample({ ...contextDrift, example } as unknown as Detector);
  return { model, state: model.init("k") as State };
}

async function feed(model: Model, state: State, events: Iterable<object>, minute = 0): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const raw of events) {
    // As they come from the decoder: positions are read there.
    const event = "positions" in raw ? contextDrift.event.parse(raw) : raw;
    const [outcome] = await model.step([{ state, event, time: 1_700_000_000_000 + minute * 60_000 }]);
    outcomes.push(outcome!);
  }
  return outcomes;
}

function signalsOf(outcomes: readonly Outcome[], kind: string): SignalDraft[] {
  return outcomes.flatMap((o) => o.signals.filter((s) => s.kind === kind));
}

test("a snapshot of version 1 is read, and goes on as it would have", async () => {
  const stored = JSON.parse(readFileSync(new URL("snapshot-v1.json", import.meta.url), "utf8")) as {
    version: number;
    running: string;
    parts: { hash: string; bytes: string }[];
  };
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  const snapshot: Snapshot = {
    version: stored.version,
    running: bytes(stored.running),
    parts: stored.parts.map((p) => ({ hash: p.hash, bytes: bytes(p.bytes) })),
  };
  const model = await openExample(contextDrift as unknown as Detector);
  const [state] = (await model.load([snapshot])) as State[];
  const outcomes = await feed(model, state!, [...contextDrift.example.events()].slice(1100));
  const flagged = signalsOf(outcomes, "conversation_out_of_band");
  expect(flagged.map((s) => s.explanation.conversation)).toEqual(["c140"]);
  expect(flagged[0]!.statistic).toBeCloseTo(4.703, 2);
  expect(flagged[0]!.explanation).toMatchObject({ since: 4, turn: 4 });
});

describe("turns that cannot be", () => {
  test("are refused with their reason, and change nothing", async () => {
    const { model, state } = await open();
    await feed(model, state, [{ conversation: "a", turn: 2, divergence: 1 }]);
    const lists = (names: string[]) => names.map((name, i) => [name, -1 - i]);
    const position = { test: lists(["a", "b", "c", "d", "e"]), reference: lists(["v", "w", "x", "y", "z"]) };
    const outcomes = await feed(model, state, [
      { conversation: "a", turn: 2, divergence: 1 },
      { conversation: "a", turn: 1, divergence: 1 },
      { conversation: "b", turn: 1, similarity: 0.4 },
    ]);
    expect(outcomes.map((o) => o.reject?.reason)).toEqual(["late", "late", "schema"]);
    const other = await open();
    const [mismatch] = await feed(other.model, other.state, [{ conversation: "a", turn: 1, positions: [position] }]);
    expect(mismatch!.reject?.reason).toBe("tokenizer-mismatch");
    const [goalless] = await feed(other.model, other.state, [{ conversation: "a", turn: 1, embedding: [1, 0] }]);
    expect(goalless!.reject?.reason).toBe("missing-field");
    expect(state.index).toBe(1);
    expect(other.state.index).toBe(0);
  });
});

describe("conversations", () => {
  test("end when they are silent too long, and the newest of too many stay", async () => {
    const { model, state } = await open({ idleMinutes: 10, openConversations: 3 });
    await feed(
      model,
      state,
      ["a", "b", "c", "d"].map((conversation) => ({ conversation, turn: 1, divergence: 1 })),
    );
    expect([...state.open.slotOf.keys()]).toEqual(["b", "c", "d"]);
    await feed(model, state, [{ conversation: "c", turn: 2, divergence: 1 }], 8);
    await feed(model, state, [{ conversation: "e", turn: 1, divergence: 1 }], 12);
    expect([...state.open.slotOf.keys()]).toEqual(["c", "e"]);
    expect(state.fleet.closed).toBe(3);
  });

  test("closed for want of room are told once, with their number, and weigh what they take in memory", async () => {
    const { model, state } = await open({ openConversations: 3 });
    const turns = Array.from({ length: 90 }, (_, i) => ({ conversation: i, turn: 1, divergence: 1 }));
    const said = signalsOf(await feed(model, state, turns), "data_quality");
    expect(said.map((s) => s.explanation.closedForRoom)).toEqual([47]);
    expect(said[0]!.explanation.reasons).toMatchObject([{ reason: "too-many-conversations" }]);
    expect(state.open.slotOf.size).toBe(3);
    const [{ parts }] = (await model.save([state])) as [Snapshot];
    expect(parts[0]!.memory).toBe(5 * parts[0]!.bytes.length);
  });

  test("are written by blocks: only those in which one spoke since", async () => {
    const { model, state } = await open({ openConversations: 1000 });
    const turn = (n: number) => Array.from({ length: 320 }, (_, i) => ({ conversation: i, turn: n, divergence: 1 }));
    await feed(model, state, turn(1));
    const [before] = await model.save([state]);
    await feed(model, state, [{ conversation: 40, turn: 2, divergence: 1 }]);
    const [after] = await model.save([state]);
    const known = new Set(before!.parts.map((p) => p.hash));
    expect(before!.parts).toHaveLength(10);
    expect(after!.parts.filter((p) => !known.has(p.hash))).toHaveLength(1);
  });

  test("the embedding variant measures from the goal of turn 0", async () => {
    const { model, state } = await open();
    await feed(model, state, [
      { conversation: "a", turn: 0, embedding: [1, 0] },
      { conversation: "a", turn: 1, embedding: [3, 4] },
      { conversation: "a", turn: 2, embedding: [2, 0] },
    ]);
    const [slot] = state.open.slotOf.values();
    const { values } = state.open.slots[slot!]!.track;
    expect(values[0]).toBeCloseTo(0.4, 3);
    expect(values[1]).toBeCloseTo(0, 3);
  });
});

describe("reminders", () => {
  const plan = { seed: "reminders", conversations: 220, turns: 12, phi: 0.3, tau: 1 };
  const jump = (i: number) => (i >= 120 ? { turn: 4, by: 9 } : null);

  test("are asked for at most so often, so far apart, and withheld from the holdouts", async () => {
    const { model, state } = await open({
      reminders: { cooldown: 3, most: 2, holdout: 0.3, template: "Mind the goal" },
    });
    const due = signalsOf(await feed(model, state, simulateFleet({ ...plan, jump })), "reminder_due");
    const turns = new Map<string, number[]>();
    for (const { explanation } of due) {
      const name = String(explanation.conversation);
      turns.set(name, [...(turns.get(name) ?? []), Number(explanation.turn)]);
    }
    expect(turns.size).toBeGreaterThan(80);
    for (const [first, second, ...more] of turns.values()) {
      expect(more).toEqual([]);
      if (second !== undefined) expect(second - first!).toBeGreaterThanOrEqual(3);
    }
    const withheld = due.filter((s) => s.explanation.withheld === true);
    expect(withheld.every((s) => s.deliver === undefined)).toBe(true);
    expect(withheld.length / due.length).toBeGreaterThan(0.15);
    expect(withheld.length / due.length).toBeLessThan(0.45);
    const posted = due.find((s) => s.deliver !== undefined)!.deliver!;
    expect(posted).toMatchObject({ template: "Mind the goal", dedupeKey: `${posted.conversation}/${posted.turn}` });
  });
});

describe("another system that reminds", () => {
  const reminders = { cooldown: 3, most: 3, holdout: 0.3, template: "" };
  const plan = { seed: "others", conversations: 300, turns: 12, phi: 0.3, tau: 1 };
  const jump = (i: number) => (i >= 120 ? { turn: 4, by: 9 } : null);
  /** Turns as they come when what was asked for is done and marked on the next turn, and `other` marks too. */
  async function run(options: object, other: (conversation: number, turn: number) => boolean) {
    const { model, state } = await open(options);
    const said: SignalDraft[] = [];
    let asked = "";
    for (const turn of simulateFleet({ ...plan, jump })) {
      const reminded = asked === turn.conversation || other(Number(turn.conversation.slice(1)), turn.turn!);
      const [outcome] = await feed(model, state, [{ ...turn, ...(reminded ? { intervention: "reminder" } : {}) }]);
      const due = outcome!.signals.find((s) => s.kind === "reminder_due");
      asked = due?.deliver === undefined ? "" : turn.conversation;
      said.push(...outcome!.signals.filter((s) => s.kind === "data_quality"));
    }
    return { said, state, warnings: model.inspect(state).details.warnings as string[] };
  }

  test("is told, for then the contrast with the holdouts is biased", async () => {
    const { said, warnings } = await run({ reminders }, (conversation, turn) => conversation % 2 === 0 && turn === 6);
    expect(said).toHaveLength(1);
    expect(said[0]!.explanation.reasons).toMatchObject([{ reason: "unasked-reminders" }]);
    expect(said[0]!.summary).toContain("another system reminds");
    expect(warnings.some((w) => w.includes("another system reminds"))).toBe(true);
  });

  test("is not imagined where only ours are given, and not looked for where ours are off", async () => {
    const ours = await run({ reminders }, () => false);
    expect(ours.state.quality.reminders).toBeGreaterThan(50);
    expect([ours.said, ours.state.quality.unasked]).toEqual([[], 0]);
    const theirs = await run({}, (conversation, turn) => conversation % 2 === 0 && turn === 6);
    expect([theirs.said, theirs.state.quality.reminders]).toEqual([[], 0]);
  });
});

test("short lists and gaps between turns are told as data quality", async () => {
  const { model, state } = await open();
  const rest = Math.log(0.05);
  const position = {
    test: [
      ["a", Math.log(0.5)],
      ["b", rest],
    ],
    reference: [
      ["a", Math.log(0.5)],
      ["b", rest],
    ],
  };
  const turns = Array.from({ length: 60 }, (_, i) => ({ conversation: "a", turn: 2 * i + 1, positions: [position] }));
  const [said] = signalsOf(await feed(model, state, turns), "data_quality");
  const reasons = said!.explanation.reasons as { reason: string }[];
  expect(reasons.map((r) => r.reason)).toEqual(["low-coverage", "missing-turns"]);
});
