import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, expect, test } from "vitest";
import type { DueNotification } from "../../engine/store.ts";
import { parseRetryAfter } from "./http-channel.ts";
import { isPrivate } from "./private-address.ts";
import { secretBytes } from "./sign.ts";
import { createWebhookChannel, type WebhookSettings } from "./webhook.ts";

const WHSEC = `whsec_${Buffer.from("a secret of 24 bytes....").toString("base64")}`;
const NOTIFICATION: DueNotification = {
  id: "ntf_0123456789abcdef",
  episode: "epi_1",
  signal: "sig_1",
  channel: "ops",
  phase: "opened",
  about: { monitor: "m", detector: "numeric", key: "k", kind: "drift", severity: "critical" },
  body: JSON.stringify({ id: "sig_1", summary: "since about 13:40 … “delivery”" }),
  attempts: 1,
  createdAt: 0,
};

test("the published verifier accepts a whsec_ secret, and nothing else", async () => {
  const { url, requests } = await receiver((_, reply) => reply.end("ok"));
  expect(await deliver({ url, secrets: [() => WHSEC] })).toEqual({ kind: "delivered" });
  const { headers, body, method } = requests[0]!;
  expect(method).toBe("POST");
  expect(headers["webhook-id"]).toBe(NOTIFICATION.id);
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(headers["tidegauge-phase"]).toBe("opened");
  expect(headers["tidegauge-episode"]).toBe("epi_1");
  expect(body).toBe(NOTIFICATION.body);
  const heard = headers as Record<string, string>;
  expect(new Webhook(WHSEC).verify(body, heard)).toEqual(JSON.parse(NOTIFICATION.body));
  const other = `whsec_${Buffer.from("another secret").toString("base64")}`;
  expect(() => new Webhook(other).verify(body, heard)).toThrow("No matching signature");
  expect(() => new Webhook(WHSEC).verify(body.replace("delivery", "Delivery"), heard)).toThrow();
  expect(() => new Webhook(WHSEC).verify(body, { ...heard, "webhook-id": "ntf_x" })).toThrow();
});

test("any other secret stands for its own bytes", async () => {
  const { url, requests } = await receiver((_, reply) => reply.end());
  const secret = "correct horse battery staple";
  await deliver({ url, secrets: [() => secret] });
  const { headers, body } = requests[0]!;
  new Webhook(secret, { format: "raw" }).verify(body, headers as Record<string, string>);
});

test("during a rotation both secrets verify the same delivery", async () => {
  const { url, requests } = await receiver((_, reply) => reply.end());
  const next = `whsec_${Buffer.from("the secret after it").toString("base64")}`;
  await deliver({ url, secrets: [() => WHSEC, () => next] });
  const { headers, body } = requests[0]!;
  for (const secret of [WHSEC, next]) new Webhook(secret).verify(body, headers as Record<string, string>);
  expect(String(headers["webhook-signature"]).split(" ")).toHaveLength(2);
});

test("without a secret nothing claims to be signed", async () => {
  const { url, requests } = await receiver((_, reply) => reply.end());
  await deliver({ url, secrets: [] });
  expect(requests[0]!.headers["webhook-signature"]).toBeUndefined();
});

test.each([
  [500, {}, { kind: "retry", afterMs: null, error: "Alert channel ops answered 500." }],
  [404, {}, { kind: "retry", afterMs: null, error: "Alert channel ops answered 404." }],
  [429, { "retry-after": "7" }, { kind: "retry", afterMs: 7_000, error: "Alert channel ops answered 429." }],
  [503, { "retry-after": "soon" }, { kind: "retry", afterMs: null, error: "Alert channel ops answered 503." }],
  [410, {}, { kind: "dead", error: "Alert channel ops answered 410; it is not tried again." }],
  [204, {}, { kind: "delivered" }],
])("an answer of %i becomes the outcome that it asks for", async (status, headers, outcome) => {
  const { url } = await receiver((_, reply) => reply.writeHead(status, headers).end("text"));
  expect(await deliver({ url })).toEqual(outcome);
});

test("a redirect is a failure and is not followed", async () => {
  const elsewhere = await receiver((_, reply) => reply.end());
  const { url } = await receiver((_, reply) => reply.writeHead(307, { location: elsewhere.url }).end());
  expect(await deliver({ url })).toMatchObject({ kind: "retry", error: "Alert channel ops answered 307." });
  expect(elsewhere.requests).toHaveLength(0);
});

test("a receiver that accepts the connection and says nothing is given up at the time-out", async () => {
  const { url } = await receiver(() => {});
  const begun = Date.now();
  const outcome = await deliver({ url, timeoutMs: 80 });
  expect(outcome).toEqual({
    kind: "retry",
    afterMs: null,
    error: "Alert channel ops cannot be reached: no answer in 80 ms.",
  });
  expect(Date.now() - begun).toBeLessThan(9_000);
});

test("a slow receiver within the time-out is waited for", async () => {
  const { url } = await receiver((_, reply) => setTimeout(() => reply.end(), 60));
  expect(await deliver({ url, timeoutMs: 5_000 })).toEqual({ kind: "delivered" });
});

test("a receiver that breaks off while answering has answered; one that breaks off before has not", async () => {
  const after = await receiver((request, reply) => {
    reply.writeHead(200, { "content-length": "1000" });
    reply.write("half");
    setTimeout(() => request.socket.destroy(), 5);
  });
  expect(await deliver({ url: after.url })).toEqual({ kind: "delivered" });
  const before = await receiver((request) => request.socket.destroy());
  expect(await deliver({ url: before.url })).toMatchObject({
    kind: "retry",
    error: expect.stringContaining("hang up"),
  });
});

test("an endless answer costs nothing: only its head is read", async () => {
  const { url } = await receiver((_, reply) => {
    reply.writeHead(200);
    const pump = setInterval(() => reply.write("x".repeat(65_536)), 1);
    reply.on("close", () => clearInterval(pump));
  });
  expect(await deliver({ url, timeoutMs: 5_000 })).toEqual({ kind: "delivered" });
});

test("nobody listening is a failure to try again", async () => {
  const { url, server } = await receiver(() => {});
  await new Promise((resolve) => server.close(resolve));
  expect(await deliver({ url })).toMatchObject({ kind: "retry", error: expect.stringContaining("ECONNREFUSED") });
});

test("stopping the service breaks a delivery off", async () => {
  const { url } = await receiver(() => {});
  const stop = new AbortController();
  const channel = createWebhookChannel({ name: "ops", url, secrets: [], allowPrivate: true });
  const pending = channel.deliver(NOTIFICATION, stop.signal);
  setTimeout(() => stop.abort(), 30);
  expect(await pending).toMatchObject({ kind: "retry", error: expect.stringContaining("stops") });
});

test("private addresses are refused: written out at start, behind a name at the lookup", async () => {
  expect(() => createWebhookChannel({ name: "ops", url: "http://169.254.169.254/latest", secrets: [] })).toThrow(
    "alerts.ops.webhook.url: 169.254.169.254 is a private address",
  );
  const { url, requests } = await receiver((_, reply) => reply.end());
  const named = url.replace("127.0.0.1", "localhost");
  const outcome = await deliver({ url: named, allowPrivate: false });
  expect(outcome).toMatchObject({ kind: "retry", error: expect.stringContaining("address is private") });
  expect(requests).toHaveLength(0);
});

test("an address is private in each of its spellings", () => {
  const secret = ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0"];
  const spelled = [
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "fd00::1",
    "fe80::1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "fec0::1",
  ];
  for (const address of [...secret, ...spelled]) expect(isPrivate(address), address).toBe(true);
  for (const address of ["93.184.215.14", "172.32.0.1", "2606:2800:220:1::1", "::ffff:93.184.215.14"]) {
    expect(isPrivate(address), address).toBe(false);
  }
});

test("a bad address and a bad secret are mistakes of the configuration, told without the secret", () => {
  const make = (settings: Partial<WebhookSettings>) => () =>
    createWebhookChannel({ name: "ops", url: "https://example.org", secrets: [], ...settings });
  expect(make({ url: "ftp://example.org" })).toThrow("alerts.ops.webhook.url: not a web address");
  expect(make({ url: "nonsense" })).toThrow("not a web address");
  expect(make({ secrets: [() => "whsec_*not base64*"] })).toThrow(
    "alerts.ops.webhook.secret: the secret is not base64",
  );
  expect(make({ secrets: [() => "whsec_"] })).toThrow("not base64");
  expect(make({ secrets: [() => ""] })).toThrow("empty");
  expect(secretBytes("whsec_AAECAw", "x")).toEqual(Buffer.from([0, 1, 2, 3]));
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfter("120", now)).toBe(120_000);
  expect(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(parseRetryAfter("Thu, 01 Jan 2025 00:00:30 GMT", now)).toBe(0);
  expect(parseRetryAfter("-5", now)).not.toBe(-5_000);
  expect(parseRetryAfter(undefined, now)).toBeNull();
});

// ---- a receiver that behaves as told ----

interface Heard {
  readonly method: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function receiver(answer: RequestListener): Promise<{ url: string; requests: Heard[]; server: Server }> {
  const requests: Heard[] = [];
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      requests.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(request, reply);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, requests, server };
}

function deliver(settings: Partial<WebhookSettings> & { url: string }) {
  const channel = createWebhookChannel({ name: "ops", secrets: [], allowPrivate: true, ...settings });
  return channel.deliver(NOTIFICATION, new AbortController().signal);
}
