import { type ErrorCode, TidegaugeError } from "../../engine/errors.ts";
import type { Log } from "../../engine/log.ts";
import type { ErrorBody } from "./types.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TOO_LARGE: 413,
  BUSY: 503,
  STORE_UNAVAILABLE: 503,
};

/** What a client hears of an error; what is none of its business goes to the log. */
export function answerError(error: unknown, log: Log, bodyLimit: number): ErrorAnswer {
  const known = knownError(error, bodyLimit);
  const status = known === null ? 500 : (STATUS[known.code] ?? 500);
  if (status === 500) log.error("a request failed", { why: error instanceof Error ? error.stack : String(error) });
  const { code, message } = status === 500 || known === null ? new TidegaugeError("INTERNAL") : known;
  const headers: Record<string, string> = {};
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="tidegauge"';
  if (status === 503) headers["retry-after"] = "1";
  return { status, headers, body: { error: { code, message } } };
}

/** The web server's own complaints in our words. */
function knownError(error: unknown, limit: number): TidegaugeError | null {
  if (error instanceof TidegaugeError) return error;
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new TidegaugeError("TOO_LARGE", { limit });
  if (typeof statusCode !== "number" || statusCode < 400 || statusCode >= 500) return null;
  return new TidegaugeError("BAD_REQUEST", { what: String(message).replace(/\.$/, ""), fix: "See /openapi.json" });
}
