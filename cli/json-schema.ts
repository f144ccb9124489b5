import { z } from "zod";

/** What a schema takes, as JSON Schema; without the choices of a union that are never written in JSON. */
export function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ jsonSchema }) {
      const written = jsonSchema.anyOf?.filter((choice) => Object.keys(choice).length > 0);
      if (written === undefined || written.length === jsonSchema.anyOf!.length) return;
      if (written.length > 1) jsonSchema.anyOf = written;
      else {
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, written[0]);
      }
    },
  });
}
