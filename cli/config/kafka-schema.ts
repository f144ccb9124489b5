import { z } from "zod";
import { secret } from "./secret.ts";

/** The brokers, how they let us in, and as whom their topics are read. */
export const kafkaSchema = z.strictObject({
  brokers: z
    .array(z.string().regex(/^[^\s:]+:\d+$/, "must be host:port"))
    .min(1)
    .describe("host:port of some brokers"),
  group: z.string().min(1).default("tidegauge").describe("Consumer group, and the name of the live run"),
  client: z
    .enum(["kafkajs", "platformatic"])
    .default("kafkajs")
    .describe("Client library: kafkajs, or @platformatic/kafka"),
  sessionSeconds: z
    .number()
    .min(0.5)
    .max(300)
    .default(15)
    .describe("After so long without a sign of life a member's partitions go to others"),
  ssl: z
    .union([
      z.boolean(),
      z.strictObject({
        ca: z.string().min(1).optional().describe("PEM file of the authorities to trust"),
        cert: z.string().min(1).optional().describe("PEM file of our certificate, where brokers ask for one"),
        key: z.string().min(1).optional().describe("PEM file of its key"),
        passphrase: secret.optional().describe("Of the key"),
        servername: z.string().min(1).optional().describe("Name in the brokers' certificates, if not theirs"),
      }),
    ])
    .default(false)
    .describe("TLS; true: with the system's authorities. Files are relative to the config file"),
  sasl: z
    .strictObject({
      mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]),
      username: secret,
      password: secret,
    })
    .optional(),
  registry: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).describe("Of a registry that speaks Confluent's API"),
      username: secret.optional(),
      password: secret.optional(),
    })
    .optional()
    .describe("Where schemas of Avro and Protobuf records are"),
});
