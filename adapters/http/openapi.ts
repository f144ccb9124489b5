import { type ZodObject, type ZodType, z } from "zod";
import { EVENTS_PATH } from "./events.ts";
import type { Route } from "./route.ts";
import { errorBody, eventsAccepted } from "./types.ts";

type Json = Readonly<Record<string, unknown>>;

/** The API's description, from the same schemas that check the requests. */
export function describeApi(routes: readonly Route[], version: string): Json {
  const components: Record<string, unknown> = {};
  const schemaOf = (schema: ZodType, io: "input" | "output"): Json => inComponents(schema, io, components);
  const failure = { description: "What is wrong", content: content(schemaOf(errorBody, "output")) };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operation = {
      summary: route.summary,
      parameters: [...parametersOf(route.params, "path", schemaOf), ...parametersOf(route.query, "query", schemaOf)],
      ...(route.body === null ? {} : { requestBody: { content: content(schemaOf(route.body, "input")) } }),
      responses: {
        [route.status]: { description: "Done", content: content(schemaOf(route.answer, "output")) },
        default: failure,
      },
      ...(route.access === "none" ? { security: [] } : {}),
    };
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  const accepted = { description: "Durable", content: content(schemaOf(eventsAccepted, "output")) };
  Object.assign(paths, plainPaths(accepted, failure));
  return {
    openapi: "3.1.0",
    info: { title: "Tidegauge", version },
    paths,
    components: { schemas: components, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }, {}],
  };
}

/** What does not answer with JSON, or takes something else. */
function plainPaths(accepted: Json, failure: Json): Json {
  const text = (summary: string, type: string, more: Json = {}) => ({
    get: { summary, responses: { 200: { description: summary, content: { [type]: {} } } }, ...more },
  });
  const event = { schema: { type: "object" } };
  const resume = { name: "Last-Event-ID", in: "header", schema: { type: "string" } };
  return {
    [EVENTS_PATH]: {
      post: {
        summary: "Events in: one JSON object, or one on each line",
        parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
        requestBody: { required: true, content: { "application/json": event, "application/x-ndjson": event } },
        responses: { 202: accepted, default: failure },
      },
    },
    "/api/v1/stream": text("Server-sent events: signal, monitors, change, reset", "text/event-stream", {
      parameters: [resume],
    }),
    "/metrics": text("Prometheus text, OpenMetrics when asked", "text/plain"),
    "/runbooks/{alert}": text("What to do about an alert of the rules", "text/plain", {
      parameters: [{ name: "alert", in: "path", required: true, schema: { type: "string" } }],
      security: [],
    }),
    "/livez": text("The process answers", "text/plain", { security: [] }),
    "/readyz": text("Ready; 503 and the reasons when not", "text/plain", { security: [] }),
  };
}

function parametersOf(
  schema: ZodObject | null,
  place: "path" | "query",
  schemaOf: (schema: ZodType, io: "input") => Json,
): readonly Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const described = schemaOf(field as ZodType, "input");
    return { name, in: place, required: place === "path", schema: described };
  });
}

function content(schema: Json): Json {
  return { "application/json": { schema } };
}

/** Schemas with an id are written once and referred to. */
function inComponents(schema: ZodType, io: "input" | "output", components: Record<string, unknown>): Json {
  const { $defs, $schema: _, ...own } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  for (const [name, definition] of Object.entries($defs ?? {})) components[name] = moved(definition);
  return moved(own) as Json;
}

function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, v]) => !(name === "id" && typeof v === "string"));
  return Object.fromEntries(
    entries.map(([name, v]) => [
      name,
      name === "$ref" && typeof v === "string" ? v.replace("#/$defs/", "#/components/schemas/") : moved(v),
    ]),
  );
}
