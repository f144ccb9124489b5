import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "./load.ts";
import { nearest } from "./nearest.ts";

function mistakes(text: string, env: NodeJS.ProcessEnv = {}): string[] {
  const result = parseConfig(text, "t.yaml", DETECTORS, env);
  return "mistakes" in result ? result.mistakes.map((m) => `${m.where}: ${m.what}. ${m.fix}`) : [];
}

const good = `
monitors:
  latency:
    detector: numeric
    source: { http: {} }
`;

describe("a config", () => {
  test.each(["compose", "repartition"])("of examples/%s is valid", (name) => {
    const text = readFileSync(new URL(`../../examples/${name}/tidegauge.yaml`, import.meta.url), "utf8");
    expect(mistakes(text, { DATABASE_URL: "postgres://localhost/tidegauge" })).toEqual([]);
  });

  test("needs little: everything else has a default", () => {
    const result = parseConfig(good, "t.yaml", DETECTORS, {});
    if (!("config" in result)) throw new RangeError(JSON.stringify(result));
    expect(result.config.store).toEqual({ kind: "embedded", path: "./data" });
    expect(result.config.http).toMatchObject({ host: "127.0.0.1", port: 8080 });
    expect(result.config.monitors.latency).toMatchObject({
      fields: { value: "/value", time: "/time", id: "/id" },
      alerts: [],
      quietEvents: 1000,
    });
  });

  test("with an unknown key says the line, the path and the nearest name", () => {
    expect(mistakes(`${good}    refrence: { first: 500 }\n`)).toEqual([
      't.yaml:6 monitors.latency.refrence: unknown key "refrence". Did you mean "reference"?',
    ]);
    expect(mistakes(`htpp: { port: 1 }\n${good}`)).toEqual(['t.yaml:1 htpp: unknown key "htpp". Did you mean "http"?']);
    expect(mistakes(`http:\n  prot: 1\n${good}`)).toEqual([
      't.yaml:2 http.prot: unknown key "prot". Did you mean "port"?',
    ]);
  });

  test("with an unknown detector names those that there are", () => {
    expect(mistakes("monitors:\n  a: { detector: nummeric }\n")[0]).toMatch(
      /^t\.yaml:2 monitors\.a\.detector: no such detector\. Choose one of .*numeric/,
    );
  });

  test("tells every mistake at once, in the order of lines", () => {
    const all = mistakes(
      "http: { port: 99999 }\nmonitors:\n  a:\n    detector: numeric\n    source: { http: {}, stdin: {} }\n    key: bot\n    alerts: [ops]\n",
    );
    expect(all.map((m) => m.split(":")[1]!.split(" ")[0])).toEqual(["1", "5", "6"]);
    expect(all[1]).toContain("exactly one of kafka, file, stdin, http");
  });

  test("refers only to what is there", () => {
    expect(
      mistakes(`${good}    alerts: [opps]\nalerts:\n  ops: { webhook: { url: "https://example.org" } }\n`)[0],
    ).toContain('Did you mean "ops"?');
    expect(mistakes("monitors:\n  a: { detector: numeric, source: { kafka: { topic: t } } }\n")[0]).toContain(
      "no brokers are known",
    );
  });

  test("takes ${ENV} and says when it is not set", () => {
    const text = `store: { kind: postgres, url: \${DATABASE_URL} }\n${good}`;
    const result = parseConfig(text, "t.yaml", DETECTORS, { DATABASE_URL: "postgres://here" });
    expect("config" in result && result.config.store).toEqual({ kind: "postgres", url: "postgres://here" });
    expect(mistakes(text)[0]).toBe(
      "t.yaml:1: the environment has no DATABASE_URL. Set DATABASE_URL, or write the value",
    );
  });

  test("fills a variable into text and into a port, quoted or not", () => {
    const text = `http: { port: \${PORT}, host: "127.0.0.\${LAST}" }\n${good}`;
    const result = parseConfig(text, "t.yaml", DETECTORS, { PORT: "9000", LAST: "1" });
    expect("config" in result && result.config.http).toMatchObject({ port: 9000, host: "127.0.0.1" });
  });

  test("that is no YAML says where", () => {
    expect(mistakes("monitors:\n  a: [1\n")[0]).toMatch(/^t\.yaml:\d: /);
    expect(mistakes("")[0]).toContain("monitors");
  });

  test("promises events or days, not both and not neither", () => {
    const promising = (what: string) => mistakes(`${good}    falseAlarms: ${what}\n`);
    expect(promising("{ days: 0.5 }")).toEqual([]);
    expect(promising("{ events: 1000 }")).toEqual([]);
    for (const wrong of ["{}", "{ events: 1000, days: 1 }"]) {
      expect(promising(wrong)).toEqual([expect.stringMatching(/falseAlarms: must name either events or days/)]);
    }
    expect(promising("{ days: 0 }")).toHaveLength(1);
    expect(promising("{ day: 1 }")[0]).toMatch(/Did you mean "days"/);
  });

  test("says in words what may stand there", () => {
    const of = (text: string) => mistakes(text)[0]!.replace(/^t\.yaml:\d+ /, "");
    expect(of(`${good}    options: { algorithm: adwim }\n`)).toMatch(
      /^monitors\.latency\.options\.algorithm: "adwim" is not known here\. Did you mean "adwin"\? It may be one of calibrated, adwin, (?!.*undefined)/,
    );
    expect(of(`${good}    options: { algorithm: adwin, deltaa: 1 }\n`)).toContain('Did you mean "delta"?');
    expect(of(`store: { kind: postgres }\n${good}`)).toBe("store.url: is missing. Add it");
    expect(of(`store: { kind: postgres, url: 5 }\n${good}`)).toContain("expected string or object, received number.");
    expect(of(`http: { port: 99999 }\n${good}`)).toContain("http.port: must be at most 65535, is 99999.");
    expect(of(`compute: { backend: cpuu }\n${good}`)).toContain('"cpuu" is not known here. Did you mean "cpu"?');
    expect(of("monitors: { My Bot: { detector: numeric } }")).toBe(
      'monitors.My Bot: "My Bot" is no name: lower-case letters, digits, and . _ - after the first. Rename it',
    );
    expect(of(`${good}alerts: { ops: { webhook: { url: nope } } }\n`)).toContain(
      "alerts.ops.webhook.url: is no http or https URL.",
    );
    expect(of(`${good}alerts: { ops: { webhook: { url: "https://a.example", secret: "" } } }\n`)).toContain(
      "alerts.ops.webhook.secret: must not be empty",
    );
  });

  test("with options of the wrong algorithm says so", () => {
    expect(mistakes(`${good}    options: { algorithm: adwin, threshold: 5 }\n`)[0]).toMatch(
      /t\.yaml:6 .*threshold is a parameter of/,
    );
  });
});

test("nearest finds what was meant and nothing far-fetched", () => {
  expect(nearest("algoritm", ["algorithm", "delta"])).toBe("algorithm");
  expect(nearest("zzzzzz", ["algorithm", "delta"])).toBeNull();
});

test("a key that is the conversation itself is refused, wherever the event has it", () => {
  const read = (text: string) =>
    parseConfig(`monitors: { m: { source: { http: {} }, ${text} } }`, "t.yaml", DETECTORS, {});
  const refused = ["detector: context-drift, key: /conversation", "detector: semantic-cycles, key: /chain"];
  for (const text of [...refused, "detector: instruction-stability, key: /talk, fields: { conversation: /talk }"]) {
    const result = read(text);
    expect("mistakes" in result && result.mistakes[0]!.what).toMatch(/itself: each key would have one/);
  }
  expect(read("detector: context-drift, key: /model")).not.toHaveProperty("mistakes");
  expect(read("detector: context-drift, key: /conversation, fields: { conversation: /id }")).not.toHaveProperty(
    "mistakes",
  );
});

test("two stages are for a detector that has them, with a key to gather by", () => {
  const whole = (rest: string) =>
    mistakes(
      `kafka: { brokers: ["b:1"] }\nmonitors: { m: { source: { kafka: { topic: t } }, repartition: { stages: 2 }, ${rest} } }`,
    );
  expect(whole("detector: context-drift, key: /model")).toEqual([]);
  expect(whole("detector: numeric, key: /host")[0]).toMatch(/numeric does all its work in one place/);
  expect(whole("detector: context-drift")[0]).toMatch(/gathers by key/);
  expect(whole("detector: context-drift, key: /model, reference: { file: a.ndjson }")[0]).toMatch(/reference file/);
});
