import { expect, test } from "vitest";
import { TidegaugeError } from "../engine/errors.ts";
import type { Inbox, InboxRecord } from "../engine/store.ts";
import { createPositions, createRecordingIntake, until } from "../test/support/recording-intake.ts";
import { createInboxSource } from "./inbox.ts";

const at = "http:m[0]";

function createMemoryInbox(): Inbox & { readonly rows: InboxRecord[]; failures: number } {
  let sequence = 0;
  return {
    rows: [],
    failures: 0,
    async appendInbox(_monitor, bodies, time) {
      this.rows.push(...bodies.map((body) => ({ sequence: sequence++, body, time })));
    },
    async readInbox(_monitor, from, limit) {
      if (this.failures-- > 0) throw new TidegaugeError("STORE_UNAVAILABLE", { why: "stopped" });
      return this.rows.filter((row) => row.sequence >= from).slice(0, limit);
    },
    async trimInbox(_monitor, below) {
      while (this.rows[0] !== undefined && this.rows[0].sequence < below) this.rows.shift();
    },
  };
}

const bodies = (...texts: string[]) => texts.map((text) => Buffer.from(text));

test("what is in the inbox is delivered in order; a poke brings new events at once; commits trim", async () => {
  const inbox = createMemoryInbox();
  const positions = createPositions();
  await inbox.appendInbox("m", bodies("a", "b"), 7);
  const intake = createRecordingIntake({ positions });
  const source = createInboxSource({ inbox, monitor: "m", pollMs: 60_000 });
  const running = source.run(intake);
  await until("two events", () => intake.values(at).length === 2);
  await inbox.appendInbox("m", bodies("c"), 8);
  source.poke();
  await until("the third event", () => intake.values(at).length === 3);
  source.committed?.({ topic: "http:m", partition: 0 }, 2);
  await until("the trim", () => inbox.rows.length === 1);
  await source.stop();
  await running;
  expect(intake.taken.get(at)?.at(-1)).toEqual({ offset: 2, key: null, value: "c", time: 8 });
  expect(intake.watermarks.get(at)).toBe(3);

  const later = createRecordingIntake({ positions });
  const next = createInboxSource({ inbox, monitor: "m", pollMs: 5 });
  const runningNext = next.run(later);
  await inbox.appendInbox("m", bodies("d"), 9);
  await until("the event after the restart", () => later.values(at).length === 1);
  await next.stop();
  await runningNext;
  expect(later.values(at)).toEqual(["d"]);
});

test("a store that does not answer is asked again", async () => {
  const inbox = createMemoryInbox();
  inbox.failures = 1;
  await inbox.appendInbox("m", bodies("a"), 1);
  const intake = createRecordingIntake();
  const source = createInboxSource({ inbox, monitor: "m" });
  const running = source.run(intake);
  await until("the event", () => intake.values(at).length === 1);
  await source.stop();
  await running;
});
