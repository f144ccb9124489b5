import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { isKnownHost, isOwnOrigin } from "../../adapters/http/origin.ts";
import { type Ask, INDEX, type RunningApi, startApi } from "./client.ts";
import { NAME } from "./fake-service.ts";

let api: RunningApi | null = null;
const start = async (settings: Parameters<typeof startApi>[0] = {}): Promise<RunningApi> => {
  api = await startApi(settings);
  return api;
};
afterEach(async () => {
  await api?.close();
  api = null;
});

const TOKEN = "a-token-of-the-service";
const READ = "a-token-to-read";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("with a token", () => {
  test("everything that shows or changes something needs it; probes and the page do not", async () => {
    const { ask } = await start({ token: TOKEN });
    const closed = ["/api/v1/monitors", "/api/v1/signals", "/api/v1/dead-letters", "/api/v1/health", "/metrics"];
    for (const path of [...closed, "/api/v1/stream", "/openapi.json"]) {
      const answer = await ask(path);
      expect([path, answer.status, answer.headers["www-authenticate"]]).toEqual([
        path,
        401,
        'Bearer realm="tidegauge"',
      ]);
      expect(answer.json).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    }
    for (const path of closed)
      expect([path, (await ask(path, { headers: bearer(TOKEN) })).status]).toEqual([path, 200]);
    for (const path of ["/livez", "/readyz", "/", "/signals", "/api/v1/session"]) {
      expect([path, (await ask(path)).status]).toEqual([path, 200]);
    }
    const events = `/api/v1/monitors/${NAME}/events`;
    expect((await ask(events, { method: "POST", body: "{}" })).status).toBe(401);
    expect((await ask(events, { method: "POST", body: "{}", headers: bearer(TOKEN) })).status).toBe(202);
  });

  test("near misses are misses", async () => {
    const { ask } = await start({ token: TOKEN });
    const wrong = [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase(), "", "x".repeat(100_000 / 10)];
    for (const token of wrong) expect((await ask("/api/v1/signals", { headers: bearer(token) })).status).toBe(401);
    const basic = { authorization: `Basic ${Buffer.from(`x:${TOKEN}`).toString("base64")}` };
    expect((await ask("/api/v1/signals", { headers: basic })).status).toBe(401);
    expect((await ask(`/api/v1/signals?token=${TOKEN}`)).status).toBe(400 + 1);
  });

  test("a token to read may not write", async () => {
    const { ask } = await start({ token: TOKEN, readToken: READ });
    expect((await ask("/api/v1/signals", { headers: bearer(READ) })).status).toBe(200);
    const refused = await ask("/api/v1/alerts/ops/test", { method: "POST", headers: bearer(READ) });
    expect([refused.status, refused.json]).toEqual([403, { error: expect.objectContaining({ code: "FORBIDDEN" }) }]);
    expect((await ask("/api/v1/session", { headers: bearer(READ) })).json).toEqual({
      access: "read",
      tokenWanted: true,
    });
  });

  test("during a rotation both are taken", async () => {
    const { ask } = await start({ token: [TOKEN, "the-next-token"] });
    expect((await ask("/api/v1/signals", { headers: bearer(TOKEN) })).status).toBe(200);
    expect((await ask("/api/v1/signals", { headers: bearer("the-next-token") })).status).toBe(200);
  });

  test("the page exchanges it for a cookie that scripts and other sites do not get", async () => {
    const { ask } = await start({ token: TOKEN });
    const post = (token: string) => ask("/api/v1/session", { method: "POST", body: JSON.stringify({ token }) });
    expect((await post("wrong")).status).toBe(401);
    expect((await post("wrong")).headers["set-cookie"]).toBeUndefined();
    const answer = await post(TOKEN);
    expect([answer.status, answer.json]).toEqual([200, { access: "write", tokenWanted: true }]);
    const [set = ""] = answer.headers["set-cookie"] ?? [];
    expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(set).not.toContain(TOKEN);
    const cookie = set.split(";")[0]!;
    expect((await ask("/api/v1/signals", { headers: { cookie: `other=1; ${cookie}` } })).status).toBe(200);
    expect((await ask("/api/v1/signals", { headers: { cookie: `${cookie}x` } })).status).toBe(401);
    expect((await ask("/api/v1/signals", { headers: { cookie: `tidegauge=${TOKEN}` } })).status).toBe(401);
    const out = await ask("/api/v1/session", { method: "DELETE", headers: { cookie } });
    expect(out.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
  });

  test("another token ends the sessions of the one before", async () => {
    const first = await start({ token: TOKEN });
    const answer = await first.ask("/api/v1/session", { method: "POST", body: JSON.stringify({ token: TOKEN }) });
    const cookie = answer.headers["set-cookie"]![0]!.split(";")[0]!;
    await first.close();
    const second = await start({ token: "another" });
    expect((await second.ask("/api/v1/signals", { headers: { cookie } })).status).toBe(401);
  });
});

describe("a stranger's page in the reader's browser", () => {
  test("under its own name (DNS rebinding) reaches nothing but the probes", async () => {
    const { ask } = await start();
    for (const host of [
      "evil.example",
      "evil.example:8080",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "a@b",
    ]) {
      for (const path of ["/api/v1/signals", "/metrics", "/", "/api/v1/session"]) {
        expect([host, path, (await ask(path, { headers: { host } })).status]).toEqual([host, path, 403]);
      }
      expect((await ask("/livez", { headers: { host } })).status).toBe(200);
    }
    for (const host of ["localhost", "127.0.0.1:9999", "[::1]:80", "tidegauge:8080", "LOCALHOST"]) {
      expect([host, (await ask("/api/v1/signals", { headers: { host } })).status]).toEqual([host, 200]);
    }
  });

  test("a name of ours is allowed by configuration, or by a token that no browser sends", async () => {
    const { ask } = await start({ token: TOKEN, allowedHosts: ["drift.example"] });
    const get = (host: string) => ask("/api/v1/signals", { headers: { host, ...bearer(TOKEN) } });
    expect((await get("drift.example:8080")).status).toBe(200);
    expect((await get("other.example")).status).toBe(200);
    const cookie = { host: "other.example", cookie: "tidegauge=x" };
    expect((await ask("/api/v1/signals", { headers: cookie })).status).toBe(403);
  });

  test("from another origin changes nothing and reads nothing", async () => {
    const { ask, store, port } = await start();
    const path = `/api/v1/monitors/${NAME}/events`;
    const host = `127.0.0.1:${port}`;
    for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${port + 1}`, `http://localhost:${port}`]) {
      const what: Ask = { method: "POST", body: "{}", headers: { host, origin } };
      expect([origin, (await ask(path, what)).status]).toEqual([origin, 403]);
      expect([origin, (await ask("/api/v1/signals", { headers: { host, origin } })).status]).toEqual([origin, 403]);
    }
    expect(await store.readInbox(NAME, 0, 10)).toEqual([]);
    const own = await ask(path, { method: "POST", body: "{}", headers: { host, origin: `http://${host}` } });
    expect(own.status).toBe(202);
    expect(own.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("origins are compared as browsers write them", () => {
    expect(isOwnOrigin("http://localhost", "localhost:80")).toBe(true);
    expect(isOwnOrigin("https://drift.example", "drift.example")).toBe(true);
    expect(isOwnOrigin("https://drift.example", "drift.example:443")).toBe(true);
    expect(isOwnOrigin("http://localhost:1", "localhost:10")).toBe(false);
    expect(isOwnOrigin("http://localhost", undefined)).toBe(false);
    expect(isKnownHost(undefined, [])).toBe(false);
    expect(isKnownHost("", [])).toBe(false);
    expect(isKnownHost("drift.example", ["DRIFT.example"])).toBe(true);
    expect(isKnownHost("drift.example.", ["drift.example"])).toBe(true);
    expect(isKnownHost("printer.local", [])).toBe(true);
  });
});

describe("the page's files", () => {
  test("the views are one document with a policy that names no outside origin", async () => {
    const { ask } = await start();
    for (const path of ["/", "/m/support-bot", "/m/a%2Fb", "/signals", "/rejected", "/health", "/?key=x"]) {
      const answer = await ask(path);
      expect([path, answer.status, answer.text]).toEqual([path, 200, INDEX]);
      expect(answer.headers["cache-control"]).toBe("no-cache");
      const policy = String(answer.headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/https?:|\*|unsafe/);
    }
  });

  test("hashed assets are kept for ever, compressed, and answered with 304 when known", async () => {
    const { ask } = await start();
    const path = "/assets/main-Ab3_dE7g.js";
    const plain = await ask(path);
    expect(plain.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(plain.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    const packed = await raw(api!.port, path, { "accept-encoding": "gzip, br" });
    expect(packed.encoding).toBe("br");
    expect(packed.body.length).toBeLessThan(200);
    expect(brotliDecompressSync(packed.body).toString()).toBe(plain.text);
    const known = await ask(path, { headers: { "if-none-match": String(plain.headers.etag) } });
    expect([known.status, known.text]).toEqual([304, ""]);
    expect((await ask(path, { method: "HEAD" })).status).toBe(200);
  });

  test("no path leads out of the folder, or to what was not there at start", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidegauge-tricks-"));
    mkdirSync(join(folder, "page"));
    writeFileSync(join(folder, "secret.txt"), "secret");
    writeFileSync(join(folder, "page", "index.html"), INDEX);
    const { ask } = await start({ pageDir: join(folder, "page") });
    writeFileSync(join(folder, "page", "later.txt"), "later");
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets/..%5c..%5csecret.txt",
      "//etc/passwd",
      "/m/../../secret.txt",
      "/m/x/../../secret.txt",
      "/index.html%00.txt",
      "/.%2e/secret.txt",
      "/later.txt",
    ]) {
      const answer = await ask(path);
      expect([path, answer.status >= 400, answer.text.includes("secret\n") || answer.text === "secret"]).toEqual([
        path,
        true,
        false,
      ]);
    }
    expect((await ask("/", { method: "POST" })).status).toBe(404);
  });

  test("a service without its page says where the API is", async () => {
    const { ask } = await start({ pageDir: "/nowhere" });
    const answer = await ask("/");
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("/openapi.json");
  });
});

test("a port in use is a mistake of the configuration, in one sentence", async () => {
  const { port } = await start();
  await expect(startApi({ port })).rejects.toThrow(`http: 127.0.0.1:${port} is in use. Choose another port or host`);
});

function raw(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<{ body: Buffer; encoding: unknown }> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, (message) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("end", () => resolve({ body: Buffer.concat(chunks), encoding: message.headers["content-encoding"] }));
    })
      .on("error", reject)
      .end();
  });
}
