import { lookup as dnsLookup } from "node:dns";
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { TidegaugeError } from "../../engine/errors.ts";
import { isPrivate } from "./private-address.ts";

export type Answer =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly kind: "unreachable"; readonly why: string };

export interface Post {
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
  /** For the whole exchange, from the name's lookup to the answer's head. */
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
  readonly stop: AbortSignal;
}

/**
 * One POST. The answer's head is all that counts: its body is not read, redirects are not followed. The address is
 * checked at the lookup that is connected to, so a name cannot change its mind in between.
 */
export function post({ url, headers, body, timeoutMs, allowPrivate, stop }: Post): Promise<Answer> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const late = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve) => {
    const sent = request(url, {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal: AbortSignal.any([stop, late]),
      ...(allowPrivate ? {} : { lookup: publicLookup }),
    });
    sent.on("response", (message: IncomingMessage) => {
      resolve({ kind: "answered", status: message.statusCode ?? 0, retryAfter: message.headers["retry-after"] });
      // Nobody reads what follows; a receiver that breaks off here has answered all the same.
      message.on("error", () => {});
      message.destroy();
    });
    sent.on("error", (cause) => {
      const why = late.aborted ? `no answer in ${timeoutMs} ms` : stop.aborted ? "the service stops" : textOf(cause);
      resolve({ kind: "unreachable", why });
    });
    sent.end(body);
  });
}

const publicLookup: LookupFunction = (hostname, options, done) => {
  dnsLookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, "", 4);
    const refused = found.find((a) => isPrivate(a.address));
    const first = found[0];
    if (refused || !first) {
      const why = refused ? "its address is private (see allowPrivate)" : "it has no address";
      return done(new TidegaugeError("TARGET_UNREACHABLE", { target: hostname, why }), "", 4);
    }
    if (options.all) return done(null, found);
    done(null, first.address, first.family);
  });
};

/** Errors of several addresses at once come with an empty message and a code. */
function textOf(cause: Error): string {
  if (cause instanceof TidegaugeError) return String(cause.details.why);
  return cause.message || String((cause as { code?: unknown }).code ?? cause.name);
}
