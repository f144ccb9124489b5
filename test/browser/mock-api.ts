import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import type { KeyDetail, KeyRow, Overview, Signal } from "../../adapters/http/types.ts";
import { createWorld, keyRow, type World } from "./mock-world.ts";

/** A small service that speaks the API's shapes and serves the built page under a strict content policy. */
export interface MockService {
  readonly url: string;
  readonly world: World;
  /** Bodies of the commands that the page sent, with their paths. */
  readonly commands: { readonly path: string; readonly body: unknown }[];
  /** Replaces the overview and tells every listener. */
  tell(change: (before: Overview) => Overview): void;
  signal(signal: Signal): void;
  /** Cuts every event stream; `refuse` also refuses new ones. */
  cut(refuse: boolean): void;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'";

export interface MockOptions {
  readonly page: string;
  readonly now: number;
  readonly port?: number;
  /** none: everything but the session asks for the token. */
  readonly access?: "none" | "read" | "write";
  readonly world?: World;
  /** The first so many questions for one of these get no answer at all. */
  readonly silent?: Map<string, number>;
}

export async function startMock({
  page,
  now,
  port = 0,
  access = "write",
  world = createWorld(now),
  silent = new Map(),
}: MockOptions): Promise<MockService> {
  let overview = world.overview;
  let refusing = false;
  const listeners = new Set<ServerResponse>();
  const commands: MockService["commands"] = [];
  const say = (event: string, data: unknown, id?: string) => {
    const text = `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const listener of listeners) listener.write(text);
  };
  const streamed = () => ({ ...overview, monitors: overview.monitors.map(({ spark: _, ...rest }) => rest) });

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/api/")) return file(page, url.pathname, response);
    const unheard = silent.get(url.pathname) ?? 0;
    if (unheard > 0) return void silent.set(url.pathname, unheard - 1);
    const parts = url.pathname.split("/").slice(3).map(decodeURIComponent);
    if (parts[0] === "session" && request.method === "GET")
      return json(response, 200, { access, tokenWanted: access !== "write" });
    if (access === "none") return json(response, 401, failure("UNAUTHORIZED", "A token is wanted."));
    if (parts[0] === "stream") {
      if (refusing) return json(response, 503, failure("STORE_UNAVAILABLE", "Not now."));
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": hello\n\n");
      listeners.add(response);
      request.on("close", () => listeners.delete(response));
      return;
    }
    if (request.method === "POST") return post(request, response, url.pathname, commands);
    if (parts.length === 1 && parts[0] === "monitors") return json(response, 200, overview);
    const found = read(world, parts, url.searchParams);
    if (found === null) return json(response, 404, failure("NOT_FOUND", `There is no ${parts.join(" ")}.`));
    json(response, 200, found);
  });

  const timer = setInterval(() => say("monitors", streamed()), 1_000);
  const address = await listen(server, port);
  return {
    url: `http://127.0.0.1:${address}`,
    world,
    commands,
    tell(change) {
      overview = change(overview);
      say("monitors", streamed());
    },
    signal: (signal) => say("signal", signal, signal.id),
    cut(refuse) {
      refusing = refuse;
      for (const listener of listeners) listener.destroy();
      listeners.clear();
    },
    async close() {
      clearInterval(timer);
      for (const listener of listeners) listener.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function read(world: World, parts: readonly string[], query: URLSearchParams): unknown {
  const [what, name = "", section, key] = parts;
  switch (what) {
    case "signals": {
      const newest = [...world.signals].reverse();
      const wanted = newest.filter((one) =>
        (["monitor", "kind", "key"] as const).every((field) => !query.get(field) || query.get(field) === one[field]),
      );
      return { signals: wanted, next: null };
    }
    case "episodes": {
      const wanted = [...world.keys.values()]
        .flatMap((keys) => keys.flatMap((one) => one.episodes))
        .filter((one) => (["monitor", "key", "state"] as const).every((f) => !query.get(f) || query.get(f) === one[f]))
        .sort((a, b) => (b.opened.time ?? "").localeCompare(a.opened.time ?? ""));
      return { episodes: wanted, next: null };
    }
    case "notifications":
      return { notifications: world.dead, next: null };
    case "dead-letters":
      return deadLetters();
    case "health":
      return health(world);
    case "monitors": {
      const keys = world.keys.get(name);
      if (keys === undefined) return null;
      if (section === undefined) return world.details.get(name);
      if (key !== undefined) return keyDetail(keys.find((one) => one.key === key) ?? null, query);
      return keyPage(keys.map(keyRow), query);
    }
    default:
      return null;
  }
}

/** The newest points, or those of the span, neighbours as one where they are too many. */
function keyDetail(found: KeyDetail | null, query: URLSearchParams): KeyDetail | null {
  if (found === null) return null;
  const most = Number(query.get("points") ?? 500);
  if (!query.has("from") && !query.has("to")) return { ...found, series: found.series.slice(-most) };
  const [from, to] = [Number(query.get("from") ?? 0), Number(query.get("to") ?? Number.POSITIVE_INFINITY)];
  const inside = found.series.filter((point) => point.to >= from && point.from <= to);
  const each = Math.ceil(inside.length / most);
  const series = inside.flatMap((_, i) => {
    if (i % each !== 0) return [];
    const some = inside.slice(i, i + each);
    return [{ ...some.at(-1)!, from: some[0]!.from, ratio: Math.max(...some.map(({ ratio }) => ratio)) }];
  });
  return { ...found, series };
}

/** By name, from behind `after`. */
function keyPage(all: readonly KeyRow[], query: URLSearchParams) {
  const status = query.get("status");
  const limit = Number(query.get("limit") ?? 100);
  const found = all
    .filter((row) => row.key.includes(query.get("search") ?? "") && (!status || row.status === status))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .filter((row) => row.key > (query.get("after") ?? ""));
  const keys = found.slice(0, limit);
  return { keys, next: found.length > limit ? keys.at(-1)!.key : null };
}

function deadLetters() {
  const base = { monitor: "support-bot", topic: "utterances", partition: 0, time: "2026-11-24T13:20:00Z", key: null };
  return {
    counts: { "not-json": 7, "missing-field": 4, "too-large": 1 },
    next: null,
    deadLetters: [
      {
        ...base,
        offset: "48123",
        reason: "not-json",
        detail: "The value ends in the middle of a string.",
        value: '{"text": "where is m',
        bytes: 20,
      },
      {
        ...base,
        offset: "47001",
        reason: "missing-field",
        detail: "There is no /text.",
        value: '{"message": "hello"}',
        bytes: 20,
      },
      {
        ...base,
        offset: "46110",
        reason: "too-large",
        detail: "4,194,304 bytes, the limit is 1,048,576.",
        value: "aaaaaaaa…",
        bytes: 1048576,
      },
    ],
  };
}

function health(world: World) {
  return {
    now: world.overview.now,
    ready: true,
    reasons: [],
    version: "0.1.0",
    revision: "26b20b35a04d",
    node: "v22.11.0",
    startedAt: world.overview.now,
    uptimeSeconds: 8100,
    residentBytes: 148_000_000,
    backend: { backend: "cpu", device: "typed arrays, one core", gpu: false },
    store: { ok: true, error: null },
    outbox: { waiting: 0, dead: world.dead.length, oldestSeconds: 0 },
    channels: ["ops"],
    deadLetters: {},
    listeners: 1,
    monitors: world.overview.monitors.map(({ name, state, error, keys }) => ({
      name,
      state,
      error,
      keysInMemory: keys.total,
      lanes: world.details.get(name)!.lanes,
    })),
  };
}

async function post(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  commands: MockService["commands"],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  commands.push({ path, body: text === "" ? null : JSON.parse(text) });
  json(response, 202, path.endsWith("/redeliver") ? { notifications: 1 } : { commands: 1 });
}

function file(page: string, path: string, response: ServerResponse): void {
  const wanted = join(page, normalize(path));
  const isAsset = extname(path) !== "" && existsSync(wanted);
  const name = isAsset ? wanted : join(page, "index.html");
  response.writeHead(200, {
    "content-type": TYPES[extname(name)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
  });
  response.end(readFileSync(name));
}

function failure(code: string, message: string) {
  return { error: { code, message } };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
