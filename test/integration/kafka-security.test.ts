import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from "kafkajs";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { KafkaConnection } from "../../ingest/kafka/port.ts";
import { CLIENTS, createKafkaSource } from "../../ingest/kafka.ts";
import { cacheFolder } from "../support/kafka.ts";
import { javaCommand, whyNoJava } from "../support/kafka-java.ts";
import { GUEST, startSecureKafka, USER } from "../support/kafka-secure.ts";
import { createRecordingIntake, until } from "../support/recording-intake.ts";

const missing = whyNoJava() ?? whyNoOpenssl();
if (missing !== null) console.warn(`SKIPPED, TLS, SASL and Java's own producer: ${missing}.`);
const kafka = missing === null ? await startSecureKafka() : null;
afterAll(() => kafka?.stop());

const clients = Object.keys(CLIENTS) as (keyof typeof CLIENTS)[];

function whyNoOpenssl(): string | null {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return null;
  } catch {
    return "no openssl";
  }
}

interface Door {
  readonly name: string;
  readonly connection: Omit<KafkaConnection, "brokers">;
  readonly broker: string;
}

const doors: readonly Door[] =
  kafka === null
    ? []
    : [
        { name: "TLS", broker: kafka.ssl, connection: { ssl: { ca: kafka.pem.ca } } },
        { name: "TLS with a client certificate", broker: kafka.ssl, connection: { ssl: kafka.pem } },
        {
          name: "TLS by another name",
          broker: kafka.ssl,
          connection: { ssl: { ca: kafka.pem.ca, servername: "localhost" } },
        },
        ...(["plain", "scram-sha-256", "scram-sha-512"] as const).flatMap((mechanism) => [
          { name: `SASL ${mechanism}`, broker: kafka.sasl, connection: { sasl: { mechanism, ...USER } } },
          {
            name: `SASL ${mechanism} over TLS`,
            broker: kafka.saslSsl,
            connection: { ssl: { ca: kafka.pem.ca }, sasl: { mechanism, ...USER } },
          },
        ]),
      ];

describe.skipIf(kafka === null).each(clients)("a broker that lets in only who it knows, by %s", (client) => {
  test("the right credentials read through every door", async () => {
    const topic = kafka!.plain.unique("t");
    await kafka!.plain.createTopic(topic, 1);
    await kafka!.plain.produce(topic, 0, ["a", "b"]);
    for (const { name, broker, connection } of doors) {
      const group = kafka!.plain.unique("g");
      const intake = createRecordingIntake();
      const source = createKafkaSource({ client, brokers: [broker], group, topics: [topic], ...connection });
      const running = source.run(intake);
      running.catch(() => {});
      await until(name, () => intake.values(`${topic}[0]`).length === 2);
      await source.stop();
      await running;
      expect(intake.claims[0]?.identity).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test.each([
    ["an authority that did not sign", "ssl", { ssl: true }, /certificate/],
    ["a wrong password", "sasl", { sasl: { mechanism: "plain", ...USER, password: "wrong" } }, /[Aa]uthenticat/],
    [
      "a wrong SCRAM password",
      "sasl",
      { sasl: { mechanism: "scram-sha-512", ...USER, password: "wrong" } },
      /[Aa]uthenticat/,
    ],
  ] as const)("%s is told, and not tried in a storm", async (_, door, connection, why) => {
    const lines: string[] = [];
    const log = { info() {}, warn: (line: string) => void lines.push(line), error() {} };
    const brokers = [kafka![door]];
    const source = createKafkaSource({ client, brokers, group: "g", topics: ["t"], log, ...connection });
    const running = source.run(createRecordingIntake());
    onTestFinished(() => source.stop());
    await until("a complaint", () => lines.some((line) => why.test(line)), 60_000);
    await source.stop();
    await running;
    expect(lines.length).toBeLessThan(20);
  });
});

describe.skipIf(kafka === null).each(clients)("who may not read, by %s", (client) => {
  const guest = { client, sasl: { mechanism: "plain", ...GUEST } } as const;
  const allow = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) =>
    kafka!.plain.admin.createAcls({
      acl: [
        {
          resourceType,
          resourceName,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:${GUEST.username}`,
          host: "*",
          operation,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
  const { TOPIC, GROUP } = AclResourceTypes;
  const { READ, DESCRIBE } = AclOperationTypes;

  async function topicOf(name: string): Promise<string> {
    const topic = kafka!.plain.unique(name);
    await kafka!.plain.createTopic(topic, 1);
    await kafka!.plain.produce(topic, 0, ["a"]);
    return topic;
  }

  test("a topic that is not shown and one that is shown and not read are each halted by one clear error, others go on", async () => {
    const [open, hidden, shown] = [await topicOf("open"), await topicOf("hidden"), await topicOf("shown")];
    const group = kafka!.plain.unique("g");
    await allow(GROUP, group, READ);
    await allow(TOPIC, open, READ);
    await allow(TOPIC, shown, DESCRIBE);
    const intake = createRecordingIntake();
    const source = createKafkaSource({ ...guest, brokers: [kafka!.sasl], group, topics: [open, hidden, shown] });
    const running = source.run(intake);
    running.catch(() => {});
    onTestFinished(() => source.stop());
    await until("both halted", () => intake.halted.length >= 2, 60_000);
    await kafka!.plain.produce(open, 0, ["b"]);
    await until("the open one", () => intake.values(`${open}[0]`).length === 2, 60_000);
    await source.stop();
    await running;
    expect(intake.halted.map(({ error }) => `${error.code} ${error.message}`).sort()).toEqual([
      expect.stringMatching(`^SOURCE_FORBIDDEN .*kafka topic ${hidden} \\(TOPIC_AUTHORIZATION_FAILED\\)`),
      expect.stringMatching(`^SOURCE_FORBIDDEN .*kafka topic ${shown} \\(TOPIC_AUTHORIZATION_FAILED\\)`),
    ]);
  }, 90_000);

  test("a group that is not ours ends the source with one clear error", async () => {
    const topic = await topicOf("mine");
    await allow(TOPIC, topic, READ);
    const group = kafka!.plain.unique("theirs");
    const source = createKafkaSource({ ...guest, brokers: [kafka!.sasl], group, topics: [topic] });
    await expect(source.run(createRecordingIntake())).rejects.toMatchObject({
      code: "SOURCE_FORBIDDEN",
      message: expect.stringContaining(`consumer group ${group} (GROUP_AUTHORIZATION_FAILED)`),
    });
  }, 60_000);
});

describe.skipIf(kafka === null)("what Kafka's own console producer writes", () => {
  const values = Array.from({ length: 2000 }, (_, i) => `${i} ${"drift ".repeat(i % 40)}é`);
  const codecs = ["gzip", "snappy", "lz4", "zstd"];

  test("in each compression, is read as it was written by both clients", async () => {
    const topic = kafka!.plain.unique("java");
    await kafka!.plain.createTopic(topic, codecs.length);
    await Promise.all(codecs.map((codec) => produceByJava(topic, codec, values)));
    for (const client of clients) {
      const intake = createRecordingIntake();
      const source = createKafkaSource({
        client,
        brokers: kafka!.plain.brokers,
        group: kafka!.plain.unique("g"),
        topics: [topic],
      });
      const running = source.run(intake);
      const count = () => codecs.reduce((sum, _, p) => sum + intake.values(`${topic}[${p}]`).length, 0);
      await until("all", () => count() === codecs.length * values.length, 60_000);
      await source.stop();
      await running;
      const all = codecs.flatMap((_, p) => intake.taken.get(`${topic}[${p}]`) ?? []);
      for (const codec of codecs) {
        const mine = all.filter(({ key }) => key === codec);
        expect(mine.map(({ value }) => value)).toEqual(values);
      }
    }
  }, 120_000);
});

/** One key for each codec: its records are in one partition, in order. */
async function produceByJava(topic: string, codec: string, values: readonly string[]): Promise<void> {
  const [java, ...args] = javaCommand(
    cacheFolder(),
    kafka!.folder,
    "org.apache.kafka.tools.ConsoleProducer",
    "--bootstrap-server",
    kafka!.plain.brokers[0]!,
    "--topic",
    topic,
    "--compression-codec",
    codec,
    "--reader-property",
    "parse.key=true",
    "--reader-property",
    "key.separator=|",
  );
  const child = spawn(java!, args, { stdio: ["pipe", "ignore", "pipe"] });
  let told = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  child.stdin!.end(values.map((value) => `${codec}|${value}\n`).join(""));
  const [code] = await once(child, "exit");
  expect(code, told).toBe(0);
}
