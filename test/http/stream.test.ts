import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createListener } from "../../adapters/http/listener.ts";
import * as types from "../../adapters/http/types.ts";
import { type RunningApi, startApi } from "./client.ts";
import { signalOf, stateOf } from "./fake-service.ts";

let api: RunningApi | null = null;
const open: Reader[] = [];
afterEach(async () => {
  for (const reader of open.splice(0)) reader.leave();
  await api?.close();
  api = null;
});

const QUICK = { overviewMs: 50, beatMs: 40, restMs: 5 };

async function start(stream = {}): Promise<RunningApi> {
  api = await startApi({ stream: { ...QUICK, ...stream } });
  return api;
}

test("a reader hears each new signal once, in order, and nothing from before it came", async () => {
  const service = await start();
  await service.commit({ signals: [signalOf({ id: "before" })] });
  const reader = await listen(service.port);
  await reader.until(() => reader.events.some((e) => e.event === "monitors"));
  const ids: string[] = [];
  for (let i = 0; i < 120; i++) {
    const signals = [signalOf(), signalOf()];
    ids.push(...signals.map((s) => s.id));
    await service.commit({ signals });
  }
  await reader.until(() => reader.signals().length >= ids.length);
  expect(reader.signals()).toEqual(ids);
  const first = reader.events.find((e) => e.event === "signal")!;
  expect(types.signal.parse(JSON.parse(first.data)).id).toBe(ids[0]);
});

test("a reader that comes back with its last id goes on exactly there, whatever happened meanwhile", async () => {
  const service = await start();
  const heard: string[] = [];
  const ids: string[] = [];
  let last: string | undefined = "0";
  for (let round = 0; round < 6; round++) {
    const reader = await listen(service.port, last);
    for (let i = 0; i < 40; i++) {
      const signal = signalOf();
      ids.push(signal.id);
      await service.commit({ signals: [signal] });
      // Leave somewhere in the middle of it.
      if (i === round * 5) {
        await reader.until(() => reader.signals().length > 0);
        reader.leave();
      }
    }
    heard.push(...reader.signals());
    last = reader.events.findLast((e) => e.id !== undefined)?.id ?? last;
  }
  const rest = await listen(service.port, last);
  await rest.until(() => heard.length + rest.signals().length >= ids.length);
  expect([...heard, ...rest.signals()]).toEqual(ids);
});

test("an id that is no cursor starts at the newest, and says so", async () => {
  const service = await start();
  await service.commit({ signals: [signalOf()] });
  const reader = await listen(service.port, "'; drop table signal");
  await reader.until(() => reader.events.some((e) => e.event === "reset"));
  const next = signalOf();
  await service.commit({ signals: [next] });
  await reader.until(() => reader.signals().length > 0);
  expect(reader.signals()).toEqual([next.id]);
});

test("the overview comes while somebody listens, changes are told, and comments keep the connection", async () => {
  const service = await start();
  const reader = await listen(service.port);
  await reader.until(() => reader.events.filter((e) => e.event === "monitors").length >= 2);
  const overview = types.overview.parse(JSON.parse(reader.events.find((e) => e.event === "monitors")!.data));
  expect(overview.monitors[0]!.spark).toBeUndefined();
  await reader.until(() => reader.comments >= 2);
  const before = reader.events.filter((e) => e.event === "change").length;
  await service.store.addCommand({
    run: "live",
    monitor: "support-bot",
    key: "a",
    kind: "adapt",
    episode: null,
    note: null,
  });
  await reader.until(() => reader.events.filter((e) => e.event === "change").length > before);
});

test("nobody listens, nothing is asked of the store", async () => {
  const service = await start();
  const reader = await listen(service.port);
  await reader.until(() => reader.events.length > 0);
  reader.leave();
  await eventually(async () => types.health.parse((await service.ask("/api/v1/health")).json).listeners === 0);
  let asked = 0;
  const { keyCounts } = service.store;
  Object.assign(service.store, {
    keyCounts: (...args: Parameters<typeof keyCounts>) => {
      asked += 1;
      return keyCounts(...args);
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(asked).toBe(0);
});

test("for a reader that takes nothing no more than a page is read, and what it missed is there when it reads on", async () => {
  const service = await start();
  const { signals } = service.store;
  let read = 0;
  Object.assign(service.store, {
    signals: async (...args: Parameters<typeof signals>) => {
      const page = await signals(...args);
      read += page.items.length;
      return page;
    },
  });
  const big = "x".repeat(200_000);
  const reader = await listen(service.port, "0");
  await reader.until(() => reader.events.length > 0);
  reader.pause();
  const ids: string[] = [];
  for (let i = 0; i < 300; i++) {
    const signal = signalOf({ explanation: { big } });
    ids.push(signal.id);
    await service.commit({ signals: [signal], states: [stateOf("a")] });
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  // What the sockets between the two take, and the page in hand.
  expect(read).toBeLessThan(150);
  reader.resume();
  await reader.until(() => reader.signals().length >= ids.length, 60_000);
  expect(reader.signals()).toEqual(ids);
});

test("a reader that never reads again is cut off", async () => {
  const server = await new Promise<Server>((resolve) => {
    const made = createServer((_, response) => {
      const listener = createListener(response, 100);
      const fill = async () => {
        while (listener.open) await listener.send("signal", "x".repeat(100_000));
      };
      fill().then(() => made.emit("left"));
    });
    made.listen(0, "127.0.0.1", () => resolve(made));
  });
  const left = new Promise((resolve) => server.on("left", resolve));
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
  socket.pause();
  socket.on("error", () => {});
  await left;
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test("a store that fails for a while delays signals and loses none", async () => {
  const service = await start();
  const reader = await listen(service.port, "0");
  const { signals } = service.store;
  let failing = true;
  Object.assign(service.store, {
    signals: async (...args: Parameters<typeof signals>) => {
      if (failing) throw new RangeError("away");
      return await signals(...args);
    },
  });
  const mine = signalOf();
  await service.commit({ signals: [mine] });
  await new Promise((resolve) => setTimeout(resolve, 50));
  failing = false;
  await reader.until(() => reader.signals().length > 0);
  expect(reader.signals()).toEqual([mine.id]);
});

test("a commit while the store is being read is not overlooked", async () => {
  const service = await start();
  const reader = await listen(service.port, "0");
  await reader.until(() => reader.events.length > 0);
  const { signals } = service.store;
  const [first, second] = [signalOf(), signalOf()];
  let reads = 0;
  Object.assign(service.store, {
    signals: async (...args: Parameters<typeof signals>) => {
      const page = await signals(...args);
      reads += 1;
      if (reads === 1) await service.commit({ signals: [second] });
      // Long enough for its word of change to come before the answer.
      await new Promise((resolve) => setTimeout(resolve, 30));
      return page;
    },
  });
  await service.commit({ signals: [first] });
  await reader.until(() => reader.signals().length >= 2);
  expect(reader.signals()).toEqual([first.id, second.id]);
});

test("more readers than allowed are told to come later", async () => {
  const service = await start({ most: 1 });
  await listen(service.port);
  const answer = await service.ask("/api/v1/stream");
  expect([answer.status, answer.json]).toEqual([503, { error: expect.objectContaining({ code: "BUSY" }) }]);
});

test("closing the server ends the streams", async () => {
  const service = await start();
  const reader = await listen(service.port);
  await service.close();
  api = null;
  await reader.until(() => reader.ended);
});

// ---- a reader as browsers are ----

interface Event {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

interface Reader {
  readonly events: Event[];
  readonly comments: number;
  readonly ended: boolean;
  signals(): string[];
  until(condition: () => boolean, ms?: number): Promise<void>;
  pause(): void;
  resume(): void;
  leave(): void;
}

function listen(port: number, lastEventId?: string): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const sent = request({ host: "127.0.0.1", port, path: "/api/v1/stream", headers, agent: false }, (message) => {
      const events: Event[] = [];
      let text = "";
      let comments = 0;
      let ended = false;
      message.setEncoding("utf8");
      message.on("data", (chunk: string) => {
        text += chunk;
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) {
          const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/, 2) as [string, string]));
          if (fields.has("")) comments += 1;
          const data = fields.get("data");
          if (data !== undefined) events.push({ event: fields.get("event") ?? "message", id: fields.get("id"), data });
        }
      });
      message.on("error", () => {});
      message.on("close", () => {
        ended = true;
      });
      const reader: Reader = {
        events,
        get comments() {
          return comments;
        },
        get ended() {
          return ended;
        },
        signals: () => events.filter((e) => e.event === "signal").map((e) => (JSON.parse(e.data) as { id: string }).id),
        until: (condition, ms) => eventually(async () => condition(), ms),
        pause: () => message.pause(),
        resume: () => message.resume(),
        leave: () => message.destroy(),
      };
      open.push(reader);
      resolve(reader);
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function eventually(condition: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const until = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > until) throw new RangeError("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
