import { expect, test } from "vitest";
import { silentLog } from "../../engine/log.ts";
import type { Intake } from "../../engine/source.ts";
import type { KafkaClient, Member } from "./port.ts";
import { openSession } from "./session.ts";

test("a session closes though its coordinator answers neither the last commit nor the leave", async () => {
  const never = () => new Promise<never>(() => {});
  let asked = 0;
  const member: Member = {
    pause() {},
    resume() {},
    seek() {},
    commit() {
      asked += 1;
      return never();
    },
    leave: never,
  };
  const client = { join: async () => member } as unknown as KafkaClient;
  const session = await openSession({
    client,
    group: "g",
    topics: ["t"],
    intake: {} as Intake,
    log: silentLog,
    fenced: new Set(),
    sessionMs: 15_000,
    heartbeatMs: 1000,
    beginning: async () => 0,
    fatal: () => {},
  });
  session.commit({ topic: "t", partition: 0 }, 7);
  await session.close();
  expect(asked).toBe(1);
});
