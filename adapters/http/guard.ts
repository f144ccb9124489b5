import type { FastifyRequest } from "fastify";
import { TidegaugeError } from "../../engine/errors.ts";
import { isKnownHost, isOwnOrigin } from "./origin.ts";
import type { Access } from "./route.ts";
import { COOKIE, type Tokens } from "./tokens.ts";

/** For every request: is it a stranger's page that talks through a reader's browser? Probes are let through. */
export function checkCaller({ headers, url }: FastifyRequest, tokens: Tokens, hosts: readonly string[]): void {
  if (url === "/livez" || url === "/readyz") return;
  const { host, origin, authorization } = headers;
  if (!isKnownHost(host, hosts) && !tokens.bearer(authorization)) {
    const fix = "Use an address or localhost, or send the bearer token";
    throw new TidegaugeError("FORBIDDEN", { what: "This host name is not one of the service's", fix });
  }
  if (isOwnOrigin(origin, host)) return;
  throw new TidegaugeError("FORBIDDEN", {
    what: "Pages of another origin may not use this",
    fix: "Send the request from a program, or from the service's own page",
  });
}

export function accessOf({ headers }: FastifyRequest, tokens: Tokens): Access {
  return tokens.access(headers.authorization, headers.cookie);
}

const RANK: Readonly<Record<Access, number>> = { none: 0, read: 1, write: 2 };

export function requireAccess(request: FastifyRequest, tokens: Tokens, wanted: Access): void {
  const has = accessOf(request, tokens);
  if (RANK[has] >= RANK[wanted]) return;
  if (has === "none") throw new TidegaugeError("UNAUTHORIZED");
  throw new TidegaugeError("FORBIDDEN", {
    what: "This token may read only",
    fix: "Use the token that may change things",
  });
}

const MONTH_S = 30 * 86_400;

export function cookieHeader({ headers }: FastifyRequest, value: string | null): string {
  const secure = headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
  const kept = value === null ? "=; Max-Age=0" : `=${value}; Max-Age=${MONTH_S}`;
  return `${COOKIE}${kept}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}
