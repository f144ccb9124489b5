import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { createPositions, createRecordingIntake, until } from "../test/support/recording-intake.ts";
import { createStdinSource } from "./stdin.ts";

test("lines of standard input are records, numbered on from the stored position", async () => {
  const positions = createPositions();
  const first = createRecordingIntake({ positions });
  await createStdinSource({ input: Readable.from([Buffer.from("a\nb"), Buffer.from("b\nc")]) }).run(first);
  const second = createRecordingIntake({ positions });
  await createStdinSource({ input: Readable.from(["d\n"]) }).run(second);
  expect(first.values("stdin[0]")).toEqual(["a", "bb", "c"]);
  expect(second.taken.get("stdin[0]")).toEqual([{ offset: 3, key: null, value: "d", time: null }]);
});

test("stop ends the wait for more", async () => {
  const input = new PassThrough();
  const intake = createRecordingIntake();
  const source = createStdinSource({ input });
  const running = source.run(intake);
  input.write("a\nunfinished");
  await until("the first line", () => intake.values("stdin[0]").length === 1);
  await source.stop();
  await running;
  expect(intake.values("stdin[0]")).toEqual(["a"]);
});

test("it says that it cannot be read again", () => {
  expect(createStdinSource().description).toMatch(/at most once/);
});
