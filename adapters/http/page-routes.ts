import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { TidegaugeError } from "../../engine/errors.ts";
import { PAGE_HEADERS, type PageFile, type PageFiles } from "./page-files.ts";

const TEXT = "text/plain; charset=utf-8";
const NO_PAGE = "The live page was not built into this installation. The API is at /api/v1, see /openapi.json.\n";

/** Everything else: the live page, or nothing. It needs no token: the page asks for it. */
export function addPage(app: FastifyInstance, files: PageFiles): void {
  app.setNotFoundHandler((request, reply) => {
    const [path = "/"] = request.url.split("?", 1);
    const readable = request.method === "GET" || request.method === "HEAD";
    const file = readable ? files.find(path) : null;
    if (file === null) {
      if (readable && path === "/") return reply.status(404).header("content-type", TEXT).send(NO_PAGE);
      // A person with a wrong address gets the page, which says so; a program gets JSON.
      const page = readable && /text\/html/.test(request.headers.accept ?? "") ? files.find("/") : null;
      if (page !== null && !path.startsWith("/api/")) return sendFile(reply.headers(PAGE_HEADERS), page, request, 404);
      const { code, message } = new TidegaugeError("NOT_FOUND", { what: "route", name: `${request.method} ${path}` });
      return reply.status(404).send({ error: { code, message } });
    }
    reply.headers({ ...PAGE_HEADERS, etag: file.etag, "cache-control": file.cacheControl, vary: "accept-encoding" });
    if (request.headers["if-none-match"] === file.etag) return reply.status(304).send();
    return sendFile(reply, file, request, 200);
  });
}

function sendFile(reply: FastifyReply, file: PageFile, request: FastifyRequest, status: number): FastifyReply {
  const { bytes, encoding } = file.body(request.headers["accept-encoding"]?.toString());
  reply.status(status).header("content-type", file.type);
  if (encoding !== null) reply.header("content-encoding", encoding);
  return reply.send(bytes);
}
