import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ZodType } from "zod";
import * as types from "../../adapters/http/types.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { type Answer, type RunningApi, startApi } from "./client.ts";
import { episodeOf, liveKeyOf, NAME, RUN, signalOf, stateOf } from "./fake-service.ts";

let api: RunningApi;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

/** The answer holds exactly what its schema says: no field more, none less. */
function as<S extends ZodType>(schema: S, { status, json }: Answer): ReturnType<S["parse"]> {
  expect(status, JSON.stringify(json)).toBeLessThan(300);
  const parsed = schema.parse(json) as ReturnType<S["parse"]>;
  expect(json).toEqual(parsed);
  return parsed;
}

describe("monitors", () => {
  test("the overview of an empty service", async () => {
    const { monitors, outbox, ready } = as(types.overview, await api.ask("/api/v1/monitors"));
    expect(ready).toBe(true);
    expect(outbox).toEqual({ waiting: 0, dead: 0, oldestSeconds: 0 });
    expect(monitors.map((m) => [m.name, m.status, m.worst, m.spark, m.lastChange])).toEqual([
      [NAME, "empty", null, null, null],
      ["from-kafka", "empty", null, null, null],
    ]);
    expect(monitors[0]).toMatchObject({ lag: 3, eventRate: 3.5, events: { consumed: 12, accepted: 10, rejected: 2 } });
  });

  test("a drifting key makes its monitor drifting, and its series the sparkline", async () => {
    const older = episodeOf({ opened: { ...episodeOf().opened, time: "2026-01-01T08:00:00.000Z" } });
    await api.commit({
      states: [stateOf("bot-7", { status: "drifting", ratio: 1.4 }), stateOf("bot-8")],
      episodes: [older, episodeOf({ id: "epi_new", summary: "21 % about delivery." })],
      series: [{ key: "bot-7", from: 0, to: 31, time: 5_000, ratio: 1.4 }],
    });
    api.live.set("bot-8", liveKeyOf("bot-8", { ratio: 0.9 }));
    api.live.set("bot-7", liveKeyOf("bot-7", { ratio: 0.2, driftActive: true, status: "drifting" }));
    const { monitors } = as(types.overview, await api.ask("/api/v1/monitors"));
    expect(monitors[0]).toMatchObject({
      status: "drifting",
      keys: { total: 2, drifting: 1, steady: 1 },
      worst: { key: "bot-7", ratio: 0.2 },
      spark: { key: "bot-7", points: [{ from: 0, to: 31, time: 5_000, ratio: 1.4 }] },
      lastChange: { id: "epi_new", summary: "21 % about delivery." },
      driftingSince: "2026-01-01T08:00:00.000Z",
      openEpisodes: 2,
    });
  });

  test("after a restart without events the worst key comes from the store", async () => {
    await api.commit({ states: [stateOf("a"), stateOf("b", { status: "drifting", ratio: 3 })] });
    const { monitors } = as(types.overview, await api.ask("/api/v1/monitors"));
    expect(monitors[0]!.worst).toEqual({ key: "b", ratio: 3 });
  });

  test("one monitor with its configuration, partitions and keys", async () => {
    await api.commit({ states: [stateOf("a"), stateOf("b", { status: "drifting", ratio: 3 })] });
    const detail = as(types.monitorDetail, await api.ask(`/api/v1/monitors/${NAME}?status=drifting`));
    expect(detail.keyRows.map((k) => k.key)).toEqual(["b"]);
    expect(detail.lanes).toEqual([
      {
        topic: "inbox",
        partition: 0,
        identity: null,
        nextOffset: "12",
        highWatermark: "15",
        lag: 3,
        committedAt: "1970-01-01T00:00:01.000Z",
        error: null,
      },
    ]);
    expect(detail).toMatchObject({ promise: 10_000, reference: { first: 1_500 }, rejected: { "not-json": 2 } });
    expect(detail.kinds[0]).toEqual({ kind: "drift", severity: "critical", episode: "opens", help: "It changed." });
  });

  test("keys are paged, searched and filtered", async () => {
    const states = Array.from({ length: 25 }, (_, i) => stateOf(`key-${String(i).padStart(2, "0")}`));
    await api.commit({ states });
    const found: string[] = [];
    let next: string | null = null;
    do {
      const after: string = next === null ? "" : `&after=${encodeURIComponent(next)}`;
      const page: types.KeyPage = as(types.keyPage, await api.ask(`/api/v1/monitors/${NAME}/keys?limit=10${after}`));
      found.push(...page.keys.map((k) => k.key));
      next = page.next;
    } while (next !== null);
    expect(found).toEqual(states.map((s) => s.key));
    const searched = as(types.keyPage, await api.ask(`/api/v1/monitors/${NAME}/keys?search=-1`));
    expect(searched.keys).toHaveLength(10);
  });

  test("a key in memory is shown as it is now, another as of its last commit", async () => {
    await api.commit({
      states: [stateOf("bot-7"), stateOf("asleep", { ratio: 0.1 })],
      series: [{ key: "bot-7", from: 0, to: 31, time: null, ratio: 0.5 }],
      episodes: [episodeOf()],
    });
    api.live.set("bot-7", liveKeyOf("bot-7"));
    const now = as(types.keyDetail, await api.ask(`/api/v1/monitors/${NAME}/keys/bot-7`));
    expect(now).toMatchObject({
      inMemory: true,
      events: 101,
      ratio: 0.4,
      inspection: { statistic: 4, learning: null },
    });
    expect(now.series).toEqual([{ from: 0, to: 31, time: null, ratio: 0.5 }]);
    const span = async (query: string) =>
      as(types.keyDetail, await api.ask(`/api/v1/monitors/${NAME}/keys/bot-7?${query}`)).series;
    expect(await span("from=31&points=1")).toEqual(now.series);
    expect(await span("from=32")).toEqual([]);
    expect(await span("to=0")).toEqual(now.series);
    expect((await api.ask(`/api/v1/monitors/${NAME}/keys/bot-7?from=-1`)).status).toBe(400);
    expect(now.episodes).toHaveLength(1);
    const asleep = as(types.keyDetail, await api.ask(`/api/v1/monitors/${NAME}/keys/asleep`));
    expect(asleep).toMatchObject({ inMemory: false, events: 100, ratio: 0.1, inspection: { statistic: 1 } });
  });

  test("any key can be asked for: slashes, percent signs, 256 bytes of other scripts", async () => {
    for (const key of ["a/b", "50%", "a b?c#d", "key@3", "鍵".repeat(85), '"quoted"']) {
      api.live.set(key, liveKeyOf(key));
      const path = `/api/v1/monitors/${NAME}/keys/${encodeURIComponent(key)}`;
      expect(as(types.keyDetail, await api.ask(path)).key).toBe(key);
    }
  });
});

describe("records", () => {
  test("signals page from the oldest on, and nothing is skipped or told twice", async () => {
    const signals = Array.from({ length: 7 }, () => signalOf());
    for (const signal of signals) await api.commit({ signals: [signal] });
    const ids: string[] = [];
    let after = "";
    for (;;) {
      const page = as(types.signalPage, await api.ask(`/api/v1/signals?limit=3${after}`));
      ids.push(...page.signals.map((s: { id: string }) => s.id));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(ids).toEqual(signals.map((s) => s.id));
    const newest = as(types.signalPage, await api.ask("/api/v1/signals?limit=2&newest=true"));
    expect(newest.signals.map((s: { id: string }) => s.id)).toEqual([signals[6]!.id, signals[5]!.id]);
  });

  test("signals are told apart by monitor, key and kind", async () => {
    await api.commit({ signals: [signalOf({ kind: "warning" }), signalOf({ key: "other/key" })] });
    const count = async (query: string) =>
      as(types.signalPage, await api.ask(`/api/v1/signals?${query}`)).signals.length;
    expect(await count("kind=warning")).toBe(1);
    expect(await count(`key=${encodeURIComponent("other/key")}`)).toBe(1);
    expect(await count(`monitor=${NAME}`)).toBe(2);
    expect(await count("monitor=nobody")).toBe(0);
  });

  test("episodes by state, and one by its id", async () => {
    const open = episodeOf();
    await api.commit({
      episodes: [open, episodeOf({ state: "closed", closed: { index: 9, time: null, reason: "quiet" } })],
    });
    const found = as(types.episodePage, await api.ask("/api/v1/episodes?state=open"));
    expect(found.episodes.map((e: { id: string }) => e.id)).toEqual([open.id]);
    expect(as(types.episode, await api.ask(`/api/v1/episodes/${open.id}`))).toEqual(open);
  });

  test("dead letters show the start of what came, whatever bytes it is", async () => {
    const value = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from("é".repeat(5_000))]);
    const detail = "not JSON at 0";
    await api.commit({
      deadLetters: [{ offset: 3, time: 0, key: Buffer.from("k"), value, reason: "not-json", detail }],
    });
    const page = as(types.deadLetterPage, await api.ask("/api/v1/dead-letters"));
    expect(page.counts).toEqual({ "not-json": 1 });
    expect(page.deadLetters[0]).toMatchObject({ offset: "3", key: "k", reason: "not-json", bytes: value.length });
    expect(page.deadLetters[0]!.value).toHaveLength(2_000);
    expect(page.deadLetters[0]!.value!.startsWith("\uFFFD\u0000é")).toBe(true);
  });
});

describe("events in", () => {
  const path = `/api/v1/monitors/${NAME}/events`;
  const post = (body: string | Uint8Array, type = "application/x-ndjson") =>
    api.ask(path, { method: "POST", body, headers: { "content-type": type } });
  const inbox = async () => (await api.store.readInbox(NAME, 0, 100)).map((r) => Buffer.from(r.body).toString());

  test("lines become events; the answer counts what decoding says, and bad ones are kept for the dead letters", async () => {
    const answer = await post('{"value":1}\n\n{"value":2}\r\nnonsense\n   \n{"value":3}');
    expect(answer.status).toBe(202);
    expect(as(types.eventsAccepted, answer)).toEqual({ accepted: 3, rejected: { "not-json": 1 } });
    expect(await inbox()).toEqual(['{"value":1}', '{"value":2}', "nonsense", '{"value":3}']);
    expect(api.pokes()).toBe(1);
  });

  test("one JSON object is one event, however it is laid out", async () => {
    await post('{\n  "value": 1\n}\n', "application/json; charset=utf-8");
    expect(await inbox()).toEqual(['{\n  "value": 1\n}\n']);
  });

  test("lines sent as application/json are still lines", async () => {
    await post('{"value":1}\n{"value":2}', "application/json");
    expect(await inbox()).toEqual(['{"value":1}', '{"value":2}']);
  });

  test("what curl sends without a content type works", async () => {
    expect((await post('{"value":1}', "application/x-www-form-urlencoded")).status).toBe(202);
    expect(await inbox()).toEqual(['{"value":1}']);
  });

  test("a packed body is refused as a whole", async () => {
    const headers = { "content-encoding": "gzip" };
    const refused = await api.ask(path, { method: "POST", body: gzipSync('{"value":1}'), headers });
    expect(refused.status).toBe(400);
    expect(types.errorBody.parse(refused.json).error.message).toContain("content-encoding gzip");
    expect(await inbox()).toEqual([]);
  });

  test("nothing is answered before it is durable, and a store that fails is told", async () => {
    const { appendInbox } = api.store;
    let durable = () => {};
    Object.assign(api.store, { appendInbox: () => new Promise<void>((resolve) => (durable = resolve)) });
    let answered = false;
    const pending = post("{}").then((answer) => {
      answered = true;
      return answer;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    durable();
    expect((await pending).status).toBe(202);
    Object.assign(api.store, {
      appendInbox: async () => {
        throw new TidegaugeError("STORE_UNAVAILABLE", { why: "test" });
      },
    });
    const failed = await post("{}");
    expect([failed.status, failed.headers["retry-after"]]).toEqual([503, "1"]);
    expect(types.errorBody.parse(failed.json).error.code).toBe("STORE_UNAVAILABLE");
    Object.assign(api.store, { appendInbox });
  });

  test("a body over the limit, an empty one and a monitor of another source are refused", async () => {
    await api.close();
    api = await startApi({ bodyLimit: 1_000 });
    expect((await post("x".repeat(1_001))).status).toBe(413);
    expect((await post("\n \n")).status).toBe(400);
    const other = await api.ask("/api/v1/monitors/from-kafka/events", { method: "POST", body: "{}" });
    expect(other.status).toBe(400);
    expect(types.errorBody.parse(other.json).error.message).toContain("kafka topic t");
    expect(await inbox()).toEqual([]);
  });
});

describe("commands of people", () => {
  const post = (path: string, body?: object) =>
    api.ask(path, { method: "POST", ...(body ? { body: JSON.stringify(body) } : {}) });

  test("acknowledging an episode stores a command for its key, once it is known", async () => {
    const episode = episodeOf();
    await api.commit({ states: [stateOf("bot-7")], episodes: [episode] });
    const answer = await post(`/api/v1/episodes/${episode.id}/acknowledge`, { note: "on it" });
    expect([answer.status, answer.json]).toEqual([202, { commands: 1 }]);
    expect(await api.store.pendingCommands(RUN)).toEqual([
      expect.objectContaining({ monitor: NAME, key: "bot-7", kind: "acknowledge", episode: episode.id, note: "on it" }),
    ]);
    expect(api.pokes()).toBe(1);
    expect((await post("/api/v1/episodes/epi_nobody/acknowledge")).status).toBe(404);
  });

  test("what is over is not acknowledged", async () => {
    await api.commit({ episodes: [episodeOf({ id: "epi_over", state: "closed" })] });
    expect((await post("/api/v1/episodes/epi_over/acknowledge")).status).toBe(400);
  });

  test("feedback and a new reference for one key", async () => {
    await api.commit({ states: [stateOf("bot-7")] });
    const key = `/api/v1/monitors/${NAME}/keys/bot-7`;
    expect((await post(`${key}/feedback`, { kind: "false-alarm", episode: "epi_1" })).status).toBe(202);
    expect((await post(`${key}/reference`)).status).toBe(202);
    const kinds = (await api.store.pendingCommands(RUN)).map((c) => [c.kind, c.episode]);
    expect(kinds).toEqual([
      ["false-alarm", "epi_1"],
      ["adapt", null],
    ]);
    expect((await post(`${key}/feedback`, { kind: "nonsense" })).status).toBe(400);
    expect((await post(`/api/v1/monitors/${NAME}/keys/nobody/reference`)).status).toBe(404);
  });

  test("a new reference for all keys of a state", async () => {
    await api.commit({
      states: [stateOf("a", { status: "drifting" }), stateOf("b"), stateOf("c", { status: "drifting" })],
    });
    const answer = await post(`/api/v1/monitors/${NAME}/reference`, { status: "drifting" });
    expect(answer.json).toEqual({ commands: 2 });
    expect((await api.store.pendingCommands(RUN)).map((c) => c.key)).toEqual(["a", "c"]);
  });

  test("a test alert takes the outbox, and dead notifications come back", async () => {
    expect((await post("/api/v1/alerts/ops/test")).status).toBe(202);
    const [due] = await api.store.takeDue("ops", 10, 1_000);
    expect(due).toMatchObject({ phase: "test", channel: "ops" });
    expect(JSON.parse(due!.body)).toMatchObject({ kind: "test" });
    await api.store.finish(due!.id, { kind: "dead", error: "410" });
    const dead = as(types.notificationPage, await api.ask("/api/v1/notifications?state=dead&channel=ops"));
    expect(dead.notifications).toMatchObject([
      { id: due!.id, state: "dead", error: "410", attempts: 1, monitor: null },
    ]);
    const one = as(types.notification, await api.ask(`/api/v1/notifications/${due!.id}`));
    expect(one).toMatchObject({ phase: "test", body: { kind: "test" } });
    expect((await api.ask("/api/v1/notifications/nothing")).status).toBe(404);
    expect((await api.ask("/api/v1/notifications?state=lost")).status).toBe(400);
    expect((await post("/api/v1/alerts/ops/redeliver")).json).toEqual({ notifications: 1 });
    expect((await post("/api/v1/alerts/nobody/test")).status).toBe(404);
  });
});

describe("health, readiness, metrics, description", () => {
  test("health says how each part is", async () => {
    const health = as(types.health, await api.ask("/api/v1/health"));
    expect(health).toMatchObject({ ready: true, version: "1.2.3", store: { ok: true }, channels: ["ops"] });
    expect(health.monitors[0]).toMatchObject({ name: NAME, state: "running", keysInMemory: 0 });
  });

  test("alive while not ready", async () => {
    api.readiness = { ok: false, reasons: ["The service is stopping."] };
    expect((await api.ask("/livez")).status).toBe(200);
    const ready = await api.ask("/readyz");
    expect([ready.status, ready.text]).toEqual([503, "The service is stopping.\n"]);
    api.readiness = { ok: true, reasons: [] };
    expect((await api.ask("/readyz")).status).toBe(200);
  });

  test("metrics in both forms", async () => {
    const plain = await api.ask("/metrics");
    expect(plain.headers["content-type"]).toContain("text/plain; version=0.0.4");
    expect(plain.text).toContain('tidegauge_events_consumed_total{monitor="support-bot"} 12');
    const open = await api.ask("/metrics", { headers: { accept: "application/openmetrics-text; version=1.0.0" } });
    expect(open.headers["content-type"]).toContain("application/openmetrics-text");
    expect(open.text.endsWith("# EOF\n")).toBe(true);
  });

  test("the description names every route and resolves every reference", async () => {
    const { json } = await api.ask("/openapi.json");
    const api31 = json as { paths: Record<string, object>; components: { schemas: Record<string, object> } };
    for (const path of [
      "/api/v1/monitors/{name}/keys/{key}/feedback",
      "/api/v1/monitors/{name}/events",
      "/api/v1/signals",
      "/api/v1/stream",
      "/api/v1/session",
      "/metrics",
    ]) {
      expect(Object.keys(api31.paths)).toContain(path);
    }
    const references = new Set(JSON.stringify(json).match(/#\/components\/schemas\/\w+/g));
    expect(references.size).toBeGreaterThan(10);
    for (const reference of references) {
      expect(Object.keys(api31.components.schemas)).toContain(reference.split("/").at(-1));
    }
    expect(JSON.stringify(json)).not.toContain("$defs");
  });
});

describe("mistakes", () => {
  test.each([
    ["/api/v1/monitors/nobody", 404, "NOT_FOUND"],
    [`/api/v1/monitors/${NAME}/keys/nobody`, 404, "NOT_FOUND"],
    ["/api/v1/episodes/nobody", 404, "NOT_FOUND"],
    ["/api/v1/nothing", 404, "NOT_FOUND"],
    ["/api/v1/signals?limit=0", 400, "BAD_REQUEST"],
    ["/api/v1/signals?limit=1001", 400, "BAD_REQUEST"],
    ["/api/v1/signals?limit=ten", 400, "BAD_REQUEST"],
    ["/api/v1/signals?after=x", 400, "BAD_REQUEST"],
    ["/api/v1/signals?after=1%20or%201=1", 400, "BAD_REQUEST"],
    ["/api/v1/signals?monitr=a", 400, "BAD_REQUEST"],
    ["/api/v1/signals?monitor=a&monitor=b", 400, "BAD_REQUEST"],
    ["/api/v1/episodes?state=opened", 400, "BAD_REQUEST"],
    ["/api/v1/monitors/%E0%A4%A/keys", 400, "BAD_REQUEST"],
  ])("GET %s is answered with %i and the one shape of errors", async (path, status, code) => {
    const answer = await api.ask(path);
    expect(answer.status).toBe(status);
    expect(types.errorBody.parse(answer.json).error.code).toBe(code);
  });

  test("a failure inside tells the client nothing of the inside", async () => {
    Object.assign(api.store, {
      signals: async () => {
        throw new RangeError("password=hunter2");
      },
    });
    const answer = await api.ask("/api/v1/signals");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("hunter2");
    expect(types.errorBody.parse(answer.json).error.code).toBe("INTERNAL");
  });

  test("a body that is no JSON object is refused", async () => {
    for (const body of ["[1]", "nonsense", '{"note":1}', '{"more":1}']) {
      const answer = await api.ask(`/api/v1/monitors/${NAME}/reference`, { method: "POST", body });
      expect([body, answer.status]).toEqual([body, 400]);
    }
  });
});
