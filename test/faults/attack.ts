import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { nextUint32, type Random, uniform } from "../../detectors/statistics/random.ts";

/** What is sent, and the status codes that are an answer to it. Anything else, and any leak, is a hit of the attacker's. */
export interface Probe {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly may: readonly number[];
}

export interface Attack {
  readonly name: string;
  readonly probe: (random: Random) => Probe;
}

export interface Target {
  readonly port: number;
  readonly token: string;
  readonly readToken: string;
  /** Method and path of every operation, as /openapi.json names them. */
  readonly operations: readonly (readonly [string, string])[];
}

export const HTML = [
  "<script>window.__hit=1</script>",
  '"><img src=x onerror="window.__hit=1">',
  "<svg/onload=window.__hit=1>",
  "javascript:window.__hit=1//",
  "</title><iframe srcdoc='<script>parent.__hit=1</script>'>",
  "{{constructor.constructor('window.__hit=1')()}}",
];
const SQL = [
  "'; DROP TABLE tidegauge.signal; --",
  "' OR '1'='1",
  "1; SELECT pg_sleep(30)--",
  "\\'; SELECT pg_sleep(30); --",
  "' UNION SELECT passwd FROM pg_shadow --",
  "$1$; COPY (SELECT 1) TO PROGRAM 'touch /tmp/owned'; $1$",
  "%' ESCAPE '!' --",
];
const ODD = [
  ...HTML,
  ...SQL,
  "",
  "\u0000",
  "%00",
  "\ud800",
  "../../../../etc/passwd",
  "__proto__",
  "constructor",
  "a".repeat(4000),
  "👩‍👩‍👧",
  "-1",
  "1e999",
  "NaN",
  "9".repeat(400),
  "null",
  "[]",
  "${jndi:ldap://127.0.0.1/x}",
  "\r\nx-owned: 1",
];
const PLACES = ["etc/passwd", "package.json", "proc/self/environ", "tidegauge.yaml", "cli/main.js"];
const UPS = ["../", "..%2f", "%2e%2e/", "..%5c", "....//", ".%2e/", "%252e%252e%252f", "..;/", "..\\", "%c0%ae%c0%ae/"];
/** Probes of the container's, the sign-in and the runbooks that alerts link to are for everybody. */
const OPEN = /^\/(livez|readyz|runbooks\/|api\/v1\/session)/;
const BAD = [400, 401, 403, 404, 405, 413, 414, 415, 431];

const pick = <T>(random: Random, from: readonly T[]): T => from[nextUint32(random) % from.length]!;

export function attacksOn(target: Target): readonly Attack[] {
  const { token, readToken, operations } = target;
  const write = { authorization: `Bearer ${token}` };
  const guarded = operations.filter(([, path]) => !OPEN.test(path));
  const changing = guarded.filter(([method]) => method !== "get");
  const filled = (random: Random, path: string, from: readonly string[]): string =>
    path.replace(/\{\w+\}/g, () => encodeURIComponent(pick(random, from).toWellFormed()));
  const real = (path: string): string => path.replace("{name}", "numbers").replace(/\{\w+\}/g, "x");
  const asked = (random: Random, from: readonly string[]): string => {
    const names = [
      "limit",
      "after",
      "monitor",
      "key",
      "kind",
      "state",
      "search",
      "channel",
      "from",
      "to",
      "newest",
      "x",
    ];
    const count = nextUint32(random) % 4;
    const pairs = Array.from(
      { length: count },
      () => `${pick(random, names)}=${encodeURIComponent(pick(random, from).toWellFormed())}`,
    );
    return count === 0 ? "" : `?${pairs.join("&")}`;
  };
  const body = (random: Random, from: readonly string[]): string => {
    const text = JSON.stringify(pick(random, from));
    return pick(random, [
      text,
      `{"note":${text}}`,
      `{"kind":${text},"note":${text}}`,
      `{"token":${text}}`,
      "[".repeat(99_999),
      "{",
    ]);
  };

  return [
    {
      name: "wrong, cut, longer and re-cased tokens, basic authentication, forged cookies, tokens in the URL",
      probe(random) {
        const [method, path] = pick(random, guarded);
        const near = [`${token}x`, token.slice(1), token.toUpperCase(), "", "x".repeat(8_000), `${token},${token}`];
        const headers = pick(random, [
          { authorization: `Bearer ${pick(random, near)}` },
          { authorization: `Basic ${Buffer.from(`x:${token}`).toString("base64")}` },
          { authorization: token },
          { cookie: `tidegauge=${pick(random, [token, readToken, "write", "eyJhY2Nlc3MiOiJ3cml0ZSJ9", "w.0.0"])}` },
          { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1" },
        ] as Record<string, string>[]);
        return { method, path: `${real(path)}${pick(random, ["", `?token=${token}`])}`, headers, may: [401] };
      },
    },
    {
      name: "everything that changes something, with the token that may only read",
      probe(random) {
        const [method, path] = pick(random, changing);
        return { method, path: real(path), headers: { authorization: `Bearer ${readToken}` }, body: "{}", may: [403] };
      },
    },
    {
      name: "fuzzed parameters, queries and bodies of every operation",
      probe(random) {
        const [method, path] = pick(random, guarded);
        const where = uniform(random) < 0.5 ? real(path) : filled(random, path, ODD);
        const sent = method === "get" ? {} : { body: body(random, ODD) };
        return { method, path: `${where}${asked(random, ODD)}`, headers: write, ...sent, may: [200, 202, ...BAD] };
      },
    },
    {
      name: "SQL in every parameter, query and body",
      probe(random) {
        const [method, path] = pick(random, guarded);
        const sent = method === "get" ? {} : { body: body(random, SQL) };
        return {
          method,
          path: `${filled(random, path, SQL)}${asked(random, SQL)}`,
          headers: write,
          ...sent,
          may: [200, 202, ...BAD],
        };
      },
    },
    {
      name: "SQL and HTML in keys, texts, ids and unknown fields of events",
      probe(random) {
        const bad = (): string => JSON.stringify(pick(random, [...SQL, ...HTML]));
        const monitor = pick(random, ["numbers", "texts"]);
        const field = monitor === "numbers" ? '"value":1' : `"text":${bad()}`;
        const event = pick(random, [
          `{"key":${bad()},${field},"id":${bad()}}`,
          `{"key":"honest",${field},${bad()}:${bad()}}`,
          `{"key":${bad()},"value":${bad()},"time":${bad()}}`,
        ]);
        return { method: "post", path: `/api/v1/monitors/${monitor}/events`, headers: write, body: event, may: [202] };
      },
    },
    {
      name: "paths that climb out of the page's folder",
      probe(random) {
        const up = pick(random, UPS).repeat(1 + (nextUint32(random) % 8));
        const start = pick(random, ["/", "/assets/", "/m/", "/runbooks/", "/api/v1/monitors/", "//", "/%00"]);
        return { path: `${start}${up}${pick(random, PLACES)}`, headers: write, may: [200, ...BAD] };
      },
    },
    {
      name: "bodies of 17 MiB, 100,001 events, packed bodies, deep nesting, long headers and addresses",
      probe(random) {
        const path = "/api/v1/monitors/numbers/events";
        const post = { method: "post", path, headers: write, may: [400, 413] };
        return pick<() => Probe>(random, [
          () => ({ ...post, body: Buffer.alloc(17 << 20, 32) }),
          () => ({ ...post, body: "{}\n".repeat(100_001) }),
          () => ({ ...post, headers: { ...write, "content-encoding": pick(random, ["gzip", "br", "x"]) }, body: "{}" }),
          () => ({ ...post, body: `{"value":${"[".repeat(1 << 20)}`, may: [202] }),
          () => ({ path: "/api/v1/signals", headers: { ...write, "x-long": "x".repeat(40_000) }, may: [431] }),
          () => ({ path: `/api/v1/monitors/${"x".repeat(12_000)}`, headers: write, may: [400, 404, 414, 431] }),
          () => ({ path: `/api/v1/signals?${"a=1&".repeat(3_000)}`, headers: write, may: [400, 414, 431] }),
        ])();
      },
    },
    {
      name: "foreign Host (DNS rebinding) and Origin (cross-site), with a stolen-looking cookie",
      probe(random) {
        const foreign = pick(random, ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "a@b"]);
        const [method, path] = pick(random, guarded);
        const ours = `127.0.0.1:${target.port}`;
        const headers = pick<Record<string, string>>(random, [
          { host: foreign, cookie: "tidegauge=x" },
          { host: ours, origin: `https://${foreign}`, ...write },
          { host: ours, origin: "null", ...write },
        ]);
        return { method, path: real(path), headers, ...(method === "get" ? {} : { body: "{}" }), may: [403] };
      },
    },
    {
      name: "methods that nothing answers to, double and odd slashes, unknown routes",
      probe(random) {
        const method = pick(random, ["put", "patch", "delete", "options", "trace", "propfind"]);
        const path = pick(random, [
          "/api/v1/signals",
          "/api/v1/monitors/numbers/events",
          "/metrics",
          "//",
          "/api//v1/signals",
          "/api/v1/x",
          "/api/v2/signals",
        ]);
        return { method, path, headers: write, may: [200, ...BAD] };
      },
    },
  ];
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The path goes out as written. A connection that is closed instead of an answer has status 0. */
export function send(port: number, { method = "get", path, headers = {}, body }: Probe): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const wanted = { host: "127.0.0.1", port, path, method: method.toUpperCase(), headers, agent: false };
    const sent = request(wanted, (message) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      const done = (): void =>
        resolve({ status: message.statusCode ?? 0, headers: message.headers, text: Buffer.concat(chunks).toString() });
      message.on("end", done);
      message.on("error", done);
      message.on("close", done);
      // The stream of events never ends by itself.
      if (message.headers["content-type"]?.startsWith("text/event-stream")) message.destroy();
    });
    sent.setTimeout(20_000, () =>
      sent.destroy(new RangeError(`no answer within 20 s: ${method} ${path.slice(0, 200)}`)),
    );
    // A server that has heard enough closes while we still speak.
    sent.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EPIPE" || error.code === "ECONNRESET"
        ? resolve({ status: 413, headers: {}, text: "" })
        : reject(error),
    );
    sent.end(body);
  });
}

/** What must be in no answer at all: our secrets, where we live, what the database said, files of the machine. */
export function leakIn({ text, headers }: Answered, { token, readToken }: Target): string | null {
  const all = `${JSON.stringify(headers)}\n${text}`;
  const found = [
    token,
    readToken,
    "    at ",
    "node_modules",
    "root:x:0",
    "syntax error",
    "pg_shadow (",
    '"devDependencies"',
  ].find((mark) => all.includes(mark));
  return found ?? (headers["x-owned"] === undefined ? null : "a header of ours");
}

const RAW: readonly string[] = [
  "GET / HTTP/9.9\r\n\r\n",
  "\u0000\u0001\u0002\r\n\r\n",
  "GET\r\n\r\n",
  "POST /api/v1/monitors/numbers/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/signals HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  "POST /api/v1/monitors/numbers/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
  "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "GET /api/v1/signals HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \u0000\r\n\r\n",
  "GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
  "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n",
];

/** Bytes that are no proper request, or half of one. Returns the first line that came back, "" for a closed connection. */
export function sendRaw(port: number, index: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(RAW[index % RAW.length]!));
    let text = "";
    const end = (): void => {
      socket.destroy();
      resolve(text.split("\r\n")[0]!);
    };
    socket.setTimeout(5_000, end);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.includes("\r\n")) end();
    });
    socket.on("error", end);
    socket.on("close", end);
  });
}

/** Connections that say half a request and then nothing. */
export function holdOpen(port: number, count: number): { end(): void } {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "),
    );
    socket.on("error", () => {});
    return socket;
  });
  return {
    end() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
