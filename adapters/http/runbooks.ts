import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { TidegaugeError } from "../../engine/errors.ts";

/**
 * What to do about each alert of the rules: the pages that their runbook_url leads to, as text. Nothing of the service's
 * own is in them, so they need no token.
 */
export function addRunbooks(app: FastifyInstance, folder: string): void {
  const pages = new Map<string, string>();
  if (existsSync(folder))
    for (const file of readdirSync(folder))
      if (file.endsWith(".md")) pages.set(file.slice(0, -3), readFileSync(join(folder, file), "utf8"));
  app.get<{ Params: { alert: string } }>("/runbooks/:alert", (request, reply) => {
    const page = pages.get(request.params.alert);
    if (page === undefined) throw new TidegaugeError("NOT_FOUND", { what: "runbook", name: request.params.alert });
    return reply.header("content-type", "text/plain; charset=utf-8").send(page);
  });
}
