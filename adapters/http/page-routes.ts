import type { FastifyInstance, FastifyReply } from "fastify";
import { TidegaugeError } from "../../engine/errors.ts";
import { PAGE_HEADERS, type PageFiles } from "./page-files.ts";

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
      const { code, message } = new TidegaugeError("NOT_FOUND", { what: "route", name: `${request.method} ${path}` });
      return reply.status(404).send({ error: { code, message } });
    }
    reply.headers({ ...PAGE_HEADERS, etag: file.etag, "cache-control": file.cacheControl, vary: "accept-encoding" });
    if (request.headers["if-none-match"] === file.etag) return reply.status(304).send();
    return sendFile(reply, file.type, file.body(request.headers["accept-encoding"]?.toString()));
  });
}

function sendFile(
  reply: FastifyReply,
  type: string,
  { bytes, encoding }: { readonly bytes: Buffer; readonly encoding: string | null },
): FastifyReply {
  reply.status(200).header("content-type", type);
  if (encoding !== null) reply.header("content-encoding", encoding);
  return reply.send(bytes);
}
