import { expect, test } from "vitest";
import { printSummary } from "./summary.ts";

const counted = {
  events: 2,
  accepted: 2,
  rejected: {},
  keys: 1,
  signals: {},
  eventsPerSecond: 9,
  cpuMicrosecondsPerEvent: 1,
};

test("the table has a line for prequential scores when the detector predicts, and none otherwise", () => {
  const printed = (summary: Parameters<typeof printSummary>[0]): string => {
    let text = "";
    const out = { write: (part: string) => (text += part) } as unknown as NodeJS.WritableStream;
    printSummary(summary, null, "title", out);
    return text;
  };
  expect(printed({ ...counted, prequential: { accuracy: 2 / 3, macroF1: 0 } })).toMatch(
    /prequential +accuracy 0\.6667, macroF1 0\n/,
  );
  expect(printed(counted)).not.toContain("prequential");
});
