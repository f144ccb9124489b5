import { type ZodObject, type ZodType, z } from "zod";
import { TidegaugeError } from "../../engine/errors.ts";

/** What a request may do: nothing that needs the token, read, or change state. */
export type Access = "none" | "read" | "write";

/** One route as data: the server, its checks and /openapi.json are made from it. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** With {name} for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: ZodObject | null;
  readonly query: ZodObject | null;
  /** Null: no body is looked at. */
  readonly body: ZodType | null;
  readonly status: number;
  readonly answer: ZodType;
  run(request: RawRequest): Promise<unknown>;
}

export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: Uint8Array;
  readonly caller: Caller;
}

export interface Caller {
  readonly access: Access;
  /** Null: it is forgotten. */
  setCookie(value: string | null): void;
}

interface Spec<P extends ZodObject, Q extends ZodObject, B extends ZodType, A extends ZodType> {
  readonly method: Route["method"];
  readonly path: string;
  readonly summary: string;
  readonly access?: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly status?: number;
  readonly answer: A;
  handle(request: {
    readonly params: z.output<P>;
    readonly query: z.output<Q>;
    readonly body: z.output<B>;
    readonly caller: Caller;
  }): Promise<z.input<A>>;
}

const NOTHING = z.strictObject({});

export function route<
  A extends ZodType,
  P extends ZodObject = typeof NOTHING,
  Q extends ZodObject = typeof NOTHING,
  B extends ZodType = typeof NOTHING,
>(spec: Spec<P, Q, B, A>): Route {
  const { method, path, summary, params, query, body, answer, status = 200 } = spec;
  return {
    method,
    path,
    summary,
    access: spec.access ?? (method === "GET" ? "read" : "write"),
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    status,
    answer,
    run: async (raw) =>
      spec.handle({
        params: parse(params ?? NOTHING, raw.params, "path") as z.output<P>,
        query: parse(query ?? NOTHING, raw.query, "query") as z.output<Q>,
        body: parse(body ?? NOTHING, body ? json(raw.body) : {}, "body") as z.output<B>,
        caller: raw.caller,
      }),
  };
}

function parse(schema: ZodType, value: unknown, where: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const what = [where, ...issue.path.map(String)].join(".");
  throw badRequest(`${what}: ${issue.message}`, "See /openapi.json");
}

/** An empty body is an empty object: most commands have nothing more to say. */
function json(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    throw badRequest("The body is not JSON", "Send one JSON object");
  }
}

export function badRequest(what: string, fix: string): TidegaugeError {
  return new TidegaugeError("BAD_REQUEST", { what, fix });
}
