import { expect, test } from "vitest";
import { DETECTORS } from "../detectors/index.ts";
import { factsOf, learntWith } from "./assemble.ts";
import { parseConfig } from "./config/load.ts";
import { monitorSettings } from "./settings.ts";

function configOf(promise: string) {
  const text = `monitors:\n  m:\n    detector: numeric\n    source: { http: {} }\n    falseAlarms: ${promise}\n`;
  const result = parseConfig(text, "t.yaml", DETECTORS, {});
  if ("mistakes" in result) throw new RangeError(JSON.stringify(result.mistakes));
  return result.config;
}

function madeWith(promise: string) {
  const config = configOf(promise);
  return learntWith(config.monitors.m!, { kind: "hash" });
}

test("the promise may change freely, but for one thing: days need the rate that is learnt with the reference", () => {
  expect(madeWith("{ events: 5000 }")).toEqual(madeWith("{ events: 9000 }"));
  expect(madeWith("{ days: 1 }")).toEqual(madeWith("{ days: 7 }"));
  expect(madeWith("{ days: 1 }")).not.toEqual(madeWith("{ events: 5000 }"));
});

test("days reach the detector, and are not shown as one number for all keys", () => {
  const monitor = configOf("{ days: 1.5 }").monitors.m!;
  expect(monitorSettings("m", monitor, "t.yaml")).toMatchObject({ promise: null, promiseDays: 1.5 });
  expect(factsOf(monitor).promise).toBeNull();
  expect(factsOf(configOf("{ events: 5000 }").monitors.m!).promise).toBe(5000);
});

const SHARING = [
  "numeric",
  "short-text",
  "instruction-stability",
  "semantic-cycles",
  "dissatisfaction",
  "lookback-ratio",
];

test.each(DETECTORS.map((d) => d.name))("%s shares one promise between keys, or says why it cannot", (detector) => {
  const shared = ["falseDiscoveries: { rate: 0.1 }", "falseAlarms: { days: 7, per: monitor }"];
  for (const promise of shared) {
    const text = `monitors: { m: { detector: ${detector}, source: { http: {} }, ${promise} } }`;
    const result = parseConfig(text, "t.yaml", DETECTORS, {});
    if ("mistakes" in result) throw new RangeError(JSON.stringify(result.mistakes));
    const settings = () => monitorSettings("m", result.config.monitors.m!, "t.yaml");
    if (SHARING.includes(detector)) expect(settings()).toMatchObject({ shared: true });
    else
      expect(settings).toThrow(/keeps a promise for each key \(.*no e-value.*take out (falseDiscoveries|per: monitor)/);
  }
  const counted = `monitors: { m: { detector: ${detector}, source: { http: {} }, falseAlarms: { events: 5000, per: monitor } } }`;
  const result = parseConfig(counted, "t.yaml", DETECTORS, {});
  if ("mistakes" in result) throw new RangeError(JSON.stringify(result.mistakes));
  expect(monitorSettings("m", result.config.monitors.m!, "t.yaml")).toMatchObject({ promise: 5000 });
});

test("another encoder, or another dimension of it, is another making; where it answers from is not", () => {
  const result = parseConfig(
    "monitors:\n  m: { detector: short-text, source: { http: {} } }\n",
    "t.yaml",
    DETECTORS,
    {},
  );
  if ("mistakes" in result) throw new RangeError(JSON.stringify(result.mistakes));
  const monitor = result.config.monitors.m!;
  const made = (identity: string, dim: number) =>
    learntWith(monitor, { kind: "external", identity, dim, embed: async () => new Float32Array(0) });
  expect(made("onnx 1", 384)).toEqual(made("onnx 1", 384));
  expect(made("onnx 2", 384)).not.toEqual(made("onnx 1", 384));
  expect(made("onnx 1", 256)).not.toEqual(made("onnx 1", 384));
  expect(learntWith(monitor, { kind: "hash" })).toMatchObject({ embedder: { kind: "hash" } });
  const numbers = configOf("{ events: 5000 }").monitors.m!;
  expect(learntWith(numbers, { kind: "hash" }).embedder).toBeNull();
});
