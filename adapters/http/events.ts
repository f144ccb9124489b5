import { type Context, monitorOf } from "./context.ts";
import { badRequest } from "./route.ts";
import type { EventsAccepted } from "./types.ts";

export const EVENTS_PATH = "/api/v1/monitors/{name}/events";
export const EVENTS_AT_ONCE = 100_000;

/** Takes events into the monitor's inbox; the answer follows their commit. Bad ones too: they become dead letters. */
export async function takeEvents(
  context: Context,
  name: string,
  body: Uint8Array,
  contentType: string | undefined,
): Promise<EventsAccepted> {
  const monitor = monitorOf(context, name);
  if (!monitor.acceptsEvents) {
    const what = `Monitor ${name} reads ${monitor.sourceDescription}`;
    throw badRequest(what, "Give it `source: { http: {} }` to send it events here");
  }
  const bodies = splitBodies(body, contentType);
  if (bodies.length === 0)
    throw badRequest("There is no event in the body", "Send one JSON object, or one on each line");
  if (bodies.length > EVENTS_AT_ONCE) {
    throw badRequest(`More than ${EVENTS_AT_ONCE} events at once`, "Send them in several requests");
  }
  const { accepted, rejected } = monitor.validate(bodies);
  await context.store.appendInbox(name, bodies, context.now());
  monitor.poke();
  return { accepted, rejected: { ...rejected } };
}

/** Packed bytes would become dead letters one by one. */
export function requirePlainBody(encoding: string | undefined): void {
  if (encoding === undefined || encoding === "identity") return;
  throw badRequest(`Bodies with content-encoding ${encoding} are not unpacked`, "Send the events as they are");
}

/** `application/json` is one event, however it is laid out, unless it only makes sense line by line. */
export function splitBodies(body: Uint8Array, contentType: string | undefined): readonly Uint8Array[] {
  const lines = linesOf(body);
  const declared = /^\s*application\/json\b/i.test(contentType ?? "");
  return declared && lines.length > 1 && isJson(body) ? [body] : lines;
}

const NEWLINE = 10;
const RETURN = 13;

function linesOf(body: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < body.length && lines.length <= EVENTS_AT_ONCE) {
    const found = body.indexOf(NEWLINE, start);
    const end = found === -1 ? body.length : found;
    const line = body.subarray(start, end > start && body[end - 1] === RETURN ? end - 1 : end);
    if (line.some((byte) => byte !== 32 && byte !== 9)) lines.push(line);
    start = end + 1;
  }
  return lines;
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
