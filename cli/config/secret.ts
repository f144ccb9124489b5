import { z } from "zod";

export const secret = z
  .union([z.string().min(1), z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })])
  .describe("A secret: text, { env: NAME } or { file: PATH }");

export type Secret = z.output<typeof secret>;
