import type { AddressInfo } from "node:net";
import { type FastifyReply, fastify } from "fastify";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Log } from "../../engine/log.ts";
import type { ServiceView } from "../../engine/service-view.ts";
import type { Store } from "../../engine/store.ts";
import { answerError, type ErrorAnswer } from "./answer-error.ts";
import type { ApiStore, Context } from "./context.ts";
import { EVENTS_PATH, requirePlainBody, takeEvents } from "./events.ts";
import { accessOf, checkCaller, cookieHeader, requireAccess } from "./guard.ts";
import { describeApi } from "./openapi.ts";
import { createOverviews } from "./overview.ts";
import { loadPage } from "./page-files.ts";
import { addPage } from "./page-routes.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { commandRoutes } from "./routes/commands.ts";
import { healthRoutes } from "./routes/health.ts";
import { monitorRoutes } from "./routes/monitors.ts";
import { recordRoutes } from "./routes/records.ts";
import { sessionRoutes } from "./routes/session.ts";
import { addRunbooks } from "./runbooks.ts";
import { createStreams, STREAM_SETTINGS, type StreamSettings } from "./stream.ts";
import { createTokens, type TokenSettings } from "./tokens.ts";

export interface HttpSettings extends TokenSettings {
  readonly view: ServiceView;
  readonly store: ApiStore;
  readonly metrics: MetricsPort;
  /** Folder of the built live page; it may be missing. */
  readonly pageDir: string;
  /** Folder of the runbooks that alerts link to; it may be missing. */
  readonly runbooksDir?: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: Log;
  /** Names beside localhost and addresses under which browsers may reach us. */
  readonly allowedHosts?: readonly string[];
  /** Of one request's body. */
  readonly bodyLimit?: number;
  readonly stream?: Partial<StreamSettings>;
  readonly now?: () => number;
}

/** What /metrics needs of the metrics adapter. */
export interface MetricsPort {
  scrape(
    source: { readonly view: ServiceView; readonly store: Pick<Store, "outboxState" | "episodes"> },
    accept?: string,
  ): Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface HttpServer {
  listen(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

const BODY_LIMIT = 16 * 1024 * 1024;
/** A key has up to 256 bytes, and each may be written as three characters. */
const PARAMETER_LENGTH = 1024;
const TEXT = "text/plain; charset=utf-8";

const unused = () => {
  throw new TypeError("no route has a schema of fastify's");
};

export function createHttpServer(settings: HttpSettings): HttpServer {
  const { view, store, log, bodyLimit = BODY_LIMIT, allowedHosts = [], now = Date.now } = settings;
  const context: Context = { view, store, log, now };
  const tokens = createTokens(settings);
  const hosts = [settings.host, ...allowedHosts];
  const overviews = createOverviews(context);
  const streams = createStreams(context, overviews, { ...STREAM_SETTINGS, ...settings.stream });
  const routes = [
    ...monitorRoutes(context, overviews),
    ...recordRoutes(context),
    ...commandRoutes(context),
    ...alertRoutes(context),
    ...healthRoutes(context, streams.count),
    ...sessionRoutes(tokens),
  ];
  const app = fastify({
    bodyLimit,
    forceCloseConnections: true,
    requestTimeout: 120_000,
    routerOptions: { maxParamLength: PARAMETER_LENGTH },
    // Routes check with our own schemas: the compilers for fastify's need not be loaded.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
    frameworkErrors: (error, _, reply) => void send(reply, answerError(error, log, bodyLimit)),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    checkCaller(request, tokens, hosts);
  });
  app.setErrorHandler((error, _, reply) => void send(reply, answerError(error, log, bodyLimit)));

  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ":$1"),
      handler: async (request, reply) => {
        requireAccess(request, tokens, route.access);
        const answer = await route.run({
          params: request.params,
          query: request.query,
          body: bytesOf(request.body),
          caller: {
            access: accessOf(request, tokens),
            setCookie: (value) => void reply.header("set-cookie", cookieHeader(request, value)),
          },
        });
        return reply.status(route.status).header("cache-control", "no-store").send(answer);
      },
    } as const);
  }
  app.post<{ Params: { name: string } }>(EVENTS_PATH.replace("{name}", ":name"), async (request, reply) => {
    requireAccess(request, tokens, "write");
    requirePlainBody(request.headers["content-encoding"]);
    const { name } = request.params;
    const taken = await takeEvents(context, name, bytesOf(request.body), request.headers["content-type"]);
    return reply.status(202).send(taken);
  });
  app.get("/api/v1/stream", { exposeHeadRoute: false }, (request, reply) => {
    requireAccess(request, tokens, "read");
    const join = streams.add(request.headers["last-event-id"]?.toString());
    reply.hijack();
    join(reply.raw);
  });
  const description = describeApi(routes, view.version);
  app.get("/openapi.json", (request, reply) => {
    requireAccess(request, tokens, "read");
    return reply.send(description);
  });
  app.get("/metrics", async (request, reply) => {
    requireAccess(request, tokens, "read");
    const { contentType, body } = await settings.metrics.scrape({ view, store }, request.headers.accept);
    return reply.header("content-type", contentType).send(body);
  });
  app.get("/livez", (_, reply) => reply.header("content-type", TEXT).send("ok\n"));
  app.get("/readyz", (_, reply) => {
    const { ok, reasons } = view.ready();
    const text = ok ? "ok\n" : `${[...new Set(reasons)].join("\n")}\n`;
    return reply
      .status(ok ? 200 : 503)
      .header("content-type", TEXT)
      .send(text);
  });
  if (settings.runbooksDir !== undefined) addRunbooks(app, settings.runbooksDir);
  addPage(app, loadPage(settings.pageDir));

  return {
    async listen() {
      await listenOn(settings.host, settings.port);
      return { port: (app.server.address() as AddressInfo).port };
    },
    async close() {
      streams.close();
      overviews.close();
      await app.close();
    },
  };

  async function listenOn(host: string, port: number): Promise<void> {
    try {
      await app.listen({ host, port });
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL") throw cause;
      const what = code === "EADDRINUSE" ? "is in use" : "cannot be opened";
      throw new TidegaugeError(
        "CONFIG_INVALID",
        { where: "http", what: `${host}:${port} ${what}`, fix: "Choose another port or host" },
        cause,
      );
    }
  }
}

const NO_BYTES = new Uint8Array(0);

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : NO_BYTES;
}

function send(reply: FastifyReply, { status, headers, body }: ErrorAnswer): FastifyReply {
  return reply.status(status).headers(headers).header("content-type", "application/json; charset=utf-8").send(body);
}
