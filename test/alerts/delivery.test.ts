import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, expect, test } from "vitest";
import { createWebhookChannel } from "../../adapters/channels/webhook.ts";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { systemClock } from "../../engine/clock.ts";
import { type Dispatcher, type DispatchPolicy, startDispatcher } from "../../engine/dispatch.ts";
import { silentLog } from "../../engine/log.ts";
import { type Meter, NO_METER } from "../../engine/meter.ts";
import type { Store } from "../../engine/store.ts";

/** The whole way out: outbox of a store, dispatcher, webhook, and a receiver that behaves as receivers do. */
const SECRET = `whsec_${Buffer.from("a secret of 24 bytes....").toString("base64")}`;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test("through every kind of misbehaviour each notification arrives, always under its id and with its body", async () => {
  const store = createMemoryStore();
  const turns = new Map<string, number>();
  const { url, heard } = await receiver((request, reply) => {
    const id = String(request.headers["webhook-id"]);
    const turn = turns.get(id) ?? 0;
    turns.set(id, turn + 1);
    const behaviours = [
      () => reply.writeHead(500).end("boom"),
      () => reply.writeHead(429, { "retry-after": "0" }).end(),
      () => request.socket.destroy(),
      () => undefined, // accepts, then says nothing
      () => reply.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      () => setTimeout(() => reply.writeHead(200).end(), 40),
    ];
    (behaviours[turn] ?? behaviours.at(-1)!)();
  });
  const outcomes: string[] = [];
  const meter: Meter = { ...NO_METER, delivery: (_, __, outcome) => void outcomes.push(outcome) };
  const ids = Array.from({ length: 6 }, (_, i) => `ntf_${i}`);
  for (const id of ids) await enqueue(store, id);
  // Long enough that only the silent answer runs into it, on a loaded machine too: it is waited out once, by all six together.
  start(store, url, {
    timeoutMs: 5_000,
    meter,
    policy: { firstDelayMs: 1, maxDelayMs: 2, breakAfter: 1e9, pollMs: 5 },
  });
  await eventually(async () => (await store.outboxState()).waiting === 0);

  for (const id of ids) {
    const tries = heard.filter((h) => h.headers["webhook-id"] === id);
    expect(tries).toHaveLength(6);
    expect(new Set(tries.map((t) => t.body))).toEqual(new Set([`{"id":"${id}","text":"…"}`]));
    for (const { headers, body } of tries) {
      expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({ id });
    }
  }
  expect(outcomes.filter((o) => o === "delivered")).toHaveLength(6);
  expect(outcomes.filter((o) => o === "retry")).toHaveLength(30);
  expect(await store.outboxState()).toMatchObject({ waiting: 0, dead: 0 });
});

test("410 makes it dead after one try, and redelivery tries it again under the same id", async () => {
  const store = createMemoryStore();
  let gone = true;
  const { url, heard } = await receiver((_, reply) => reply.writeHead(gone ? 410 : 200).end());
  await enqueue(store, "ntf_gone");
  start(store, url);
  await eventually(async () => (await store.outboxState()).dead === 1);
  expect(heard).toHaveLength(1);
  gone = false;
  expect(await store.redeliver("ops")).toBe(1);
  await eventually(async () => heard.length === 2);
  expect(heard[1]!.headers["webhook-id"]).toBe("ntf_gone");
});

test("a wait that the receiver asks for is kept", async () => {
  const store = createMemoryStore();
  const times: number[] = [];
  const { url } = await receiver((_, reply) => {
    times.push(Date.now());
    if (times.length === 1) reply.writeHead(503, { "retry-after": "1" }).end();
    else reply.end();
  });
  await enqueue(store, "ntf_1");
  start(store, url, { policy: { firstDelayMs: 1, maxDelayMs: 5_000, pollMs: 5 } });
  await eventually(async () => times.length === 2);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_000);
});

test("the last try ends in a dead notification", async () => {
  const store = createMemoryStore();
  const { url, heard } = await receiver((_, reply) => reply.writeHead(500).end());
  await enqueue(store, "ntf_1");
  start(store, url, { policy: { firstDelayMs: 1, maxDelayMs: 1, maxAttempts: 4, pollMs: 2, breakAfter: 1e9 } });
  await eventually(async () => (await store.outboxState()).dead === 1);
  expect(heard).toHaveLength(4);
});

test("two dispatchers on one store deliver each notification once", async () => {
  const store = createMemoryStore();
  const { url, heard } = await receiver((_, reply) => setTimeout(() => reply.end(), 5));
  for (let i = 0; i < 60; i++) await enqueue(store, `ntf_${i}`);
  start(store, url);
  start(store, url);
  await eventually(async () => (await store.outboxState()).waiting === 0);
  expect(heard.map((h) => h.headers["webhook-id"]).sort()).toEqual(
    Array.from({ length: 60 }, (_, i) => `ntf_${i}`).sort(),
  );
});

test("stopped in the middle, another dispatcher goes on and none is lost", async () => {
  const store = createMemoryStore();
  const { url, heard } = await receiver((_, reply) => setTimeout(() => reply.end(), 10));
  for (let i = 0; i < 30; i++) await enqueue(store, `ntf_${i}`);
  const first = start(store, url);
  await eventually(async () => heard.length > 5);
  await first.stop();
  const before = heard.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard.length).toBe(before);
  expect((await store.outboxState()).waiting).toBe(30 - before);
  start(store, url);
  await eventually(async () => (await store.outboxState()).waiting === 0);
  expect(new Set(heard.map((h) => h.headers["webhook-id"])).size).toBe(30);
});

// ---- what the tests stand on ----

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function start(
  store: Store,
  url: string,
  {
    meter = NO_METER,
    policy = {},
    timeoutMs = 10_000,
  }: { meter?: Meter; policy?: Partial<DispatchPolicy>; timeoutMs?: number } = {},
): Dispatcher {
  const channel = createWebhookChannel({
    name: "ops",
    url,
    secrets: [() => SECRET],
    allowPrivate: true,
    timeoutMs,
  });
  const dispatcher = startDispatcher({
    outbox: store,
    channels: [channel],
    meter,
    clock: systemClock,
    log: silentLog,
    policy: { pollMs: 10, ...policy },
  });
  closing.push(() => dispatcher.stop());
  return dispatcher;
}

async function enqueue(store: Store, id: string): Promise<void> {
  const body = `{"id":"${id}","text":"…"}`;
  await store.enqueue({ id, episode: null, signal: id, channel: "ops", phase: "opened", about: null, body });
}

async function receiver(answer: RequestListener): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const server: Server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(request, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.unshift(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard };
}

async function eventually(condition: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const until = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > until) throw new RangeError("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
