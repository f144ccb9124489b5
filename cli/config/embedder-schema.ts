import { z } from "zod";
import { secret } from "./secret.ts";

const cacheTexts = z.int().min(0).max(1_000_000).default(10_000).describe("Vectors of the last different texts kept");

/** Where the vectors of texts come from. */
export const embedderSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("hash").describe("Hashed n-grams, fitted on each reference; needs no model"),
    }),
    z.strictObject({ kind: z.literal("none").describe("Events bring embeddings") }),
    z.strictObject({
      kind: z.literal("onnx").describe("A sentence transformer on this machine (needs `npm run native`)"),
      path: z.string().min(1).describe("Its folder, relative to the config file"),
      precision: z
        .enum(["q8", "fp32", "fp16", "int8", "uint8", "q4"])
        .optional()
        .describe("Which of its weights; absent: the first of these that is there"),
      download: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name")
        .optional()
        .describe("Name on the hub to fetch it from when the folder is not there; absent: nothing is fetched"),
      device: z
        .enum(["auto", "cpu", "cuda", "webgpu"])
        .default("auto")
        .describe("Where it runs; auto follows compute.backend"),
      batch: z
        .int()
        .min(1)
        .max(1024)
        .optional()
        .describe(
          "Texts in one run of the model; absent: 1 on the CPU, where a vector then never depends on its neighbours, and 64 on a GPU",
        ),
      cacheTexts,
    }),
    z.strictObject({
      kind: z.literal("http").describe("An OpenAI-compatible embeddings endpoint"),
      url: z.url({ protocol: /^https?$/ }).describe("…/v1 or …/v1/embeddings"),
      model: z.string().min(1).describe("Name of the model there"),
      apiKey: secret.optional().describe("Sent as bearer token; a file is read anew for each request"),
      dim: z.int().min(1).max(65_536).optional().describe("Elements of a vector; absent: the server is asked at start"),
      batch: z.int().min(1).max(2048).default(64).describe("Texts in one request"),
      timeoutSeconds: z.number().min(0.1).max(600).default(30).describe("Patience for one answer"),
      attempts: z.int().min(1).max(100).default(5).describe("Requests before the failure is told; then it goes on"),
      cacheTexts,
    }),
  ])
  .prefault({ kind: "hash" });
