import { expect, test } from "vitest";
import { z } from "zod";
import { numericEvent } from "./event.ts";
import { numericOptions } from "./options.ts";

test("without anything it is calibrated", () => {
  expect(numericOptions.parse({})).toMatchObject({
    algorithm: "calibrated",
    dependence: "auto",
    season: null,
    adaptAfter: null,
  });
});

test("parameters have river's names, with dashes, underscores or capitals, and river's defaults", () => {
  const expected = numericOptions.parse({ algorithm: "page-hinkley", "min-instances": 12 });
  expect(expected).toEqual({
    algorithm: "page-hinkley",
    "min-instances": 12,
    delta: 0.005,
    threshold: 50,
    alpha: 0.9999,
    mode: "both",
  });
  expect(numericOptions.parse({ algorithm: "page_hinkley", min_instances: 12 })).toEqual(expected);
  expect(numericOptions.parse({ algorithm: "page-hinkley", minInstances: 12 })).toEqual(expected);
});

test("a parameter of another algorithm is named as such", () => {
  const { error } = numericOptions.safeParse({ algorithm: "adwin", threshold: 3 });
  expect(error!.issues).toEqual([
    expect.objectContaining({
      path: ["threshold"],
      message: expect.stringMatching(/^threshold is a parameter of page-hinkley, not of adwin, which has delta/),
    }),
  ]);
});

test.each([
  [{ algorithm: "adwin", deltas: 3 }],
  [{ algorithm: "other" }],
  [{ algorithm: "adwin", delta: 0 }],
  [{ algorithm: "adwin", clock: 0.5 }],
  [{ algorithm: "kswin", "stat-size": 100 }],
  [{ algorithm: "eddm", alpha: 0.8, beta: 0.9 }],
  [{ algorithm: "ddm", "warning-threshold": 4 }],
  [{ dependence: "some" }],
  ["adwin"],
])("%j is refused", (options) => {
  expect(numericOptions.safeParse(options).success).toBe(false);
});

test("the JSON Schema knows every algorithm and says what each parameter is for", () => {
  const schema = z.toJSONSchema(numericOptions, { io: "input" }) as {
    oneOf: { properties: Record<string, { description?: string }> }[];
  };
  expect(schema.oneOf).toHaveLength(8);
  for (const form of schema.oneOf) {
    for (const [name, property] of Object.entries(form.properties))
      expect([name, property.description]).not.toContain(undefined);
  }
});

test.each([
  [{ value: 1.5 }, true],
  [{ error: 1 }, true],
  [{ error: false }, true],
  [{}, false],
  [{ value: 1, error: 0 }, false],
  [{ value: Number.NaN }, false],
  [{ value: Number.POSITIVE_INFINITY }, false],
  [{ error: 2 }, false],
  [{ value: "1" }, false],
  [{ value: 1, other: 1 }, false],
])("the event %j: %s", (event, accepted) => {
  expect(numericEvent.safeParse(event).success).toBe(accepted);
});
