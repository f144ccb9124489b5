import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KAFKA_VERSION = "4.2.0";
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tidegauge</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <!-- Without it the broker logs nothing. -->
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
`;

/** Why a Java broker cannot be had, or null. */
export function whyNoJava(): string | null {
  for (const [program, flag] of [
    ["java", "-version"],
    ["mvn", "-version"],
  ] as const) {
    try {
      execFileSync(program, [flag], { stdio: "ignore" });
    } catch {
      return `no ${program}`;
    }
  }
  return null;
}

export interface JavaBroker {
  readonly brokers: string[];
  /** Of the watchdog; the broker dies with it. */
  readonly pid: number;
  readonly folder: string;
}

/**
 * A KRaft broker of Maven Central's jars. A watchdog ends it when the process `ownerPid` is gone, however it went, and
 * removes its folder and the file `notice` that told others of it.
 */
export async function startJavaBroker(cache: string, ownerPid: number, notice = ""): Promise<JavaBroker> {
  const folder = mkdtempSync(join(tmpdir(), "tidegauge-kafka-"));
  const [port, controllerPort] = await freePorts(2);
  const properties = { ...singleNode(folder, port!, controllerPort!), ...QUICK };
  formatStorage(cache, folder, properties);
  const pid = launchBroker(cache, folder, ownerPid, `rm -rf '${folder}' '${notice}'`);
  return { brokers: [`127.0.0.1:${port}`], pid, folder };
}

export type Properties = Readonly<Record<string, string | number>>;

/** Writes server.properties into the folder and prepares data/ for its first start. */
export function formatStorage(
  cache: string,
  folder: string,
  properties: Properties,
  args: readonly string[] = [],
): void {
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, "server.properties"), lines.join(""));
  writeFileSync(join(folder, "log4j2.properties"), LOG4J);
  const format = ["format", "-t", "dGlkZWdhdWdlLXRlc3QtMQ", "-c", join(folder, "server.properties"), ...args];
  const command = javaCommand(cache, folder, "kafka.tools.StorageTool", ...format);
  execFileSync(command[0]!, command.slice(1), { stdio: "ignore" });
}

/** Starts a formatted broker; `afterwards` runs in a shell when it is gone. Returns the watchdog's pid. */
export function launchBroker(cache: string, folder: string, ownerPid: number, afterwards: string): number {
  const out = openSync(join(folder, "broker.log"), "a");
  const script = `"$@" & JAVA=$!; echo $JAVA >'${folder}/pid'
while kill -0 ${ownerPid} 2>/dev/null && kill -0 $JAVA 2>/dev/null; do sleep 0.5; done
kill -9 $JAVA 2>/dev/null; wait; ${afterwards}`;
  const command = javaCommand(cache, folder, "kafka.Kafka", join(folder, "server.properties"));
  const watchdog = spawn("sh", ["-c", script, "sh", ...command], { stdio: ["ignore", out, out], detached: true });
  watchdog.unref();
  return watchdog.pid!;
}

/** One of Kafka's own programs. The folder has its log4j2.properties. */
export function javaCommand(cache: string, folder: string, ...main: string[]): string[] {
  const log4j = `-Dlog4j2.configurationFile=${join(folder, "log4j2.properties")}`;
  const options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", log4j];
  return ["java", ...options, "-cp", join(libraries(cache), "*"), ...main];
}

/** Downloaded once. */
function libraries(cache: string): string {
  const folder = join(cache, `libs-${KAFKA_VERSION}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "download-"));
  writeFileSync(join(work, "pom.xml"), POM);
  const args = ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs"];
  execFileSync("mvn", args, { cwd: work, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
  // Whole or not at all; whoever comes second keeps the first one's.
  if (!existsSync(folder)) renameSync(join(work, "libs"), folder);
  rmSync(work, { recursive: true, force: true });
  return folder;
}

export function singleNode(folder: string, port: number, controllerPort: number): Properties {
  return {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": join(folder, "data"),
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
  };
}

/** What lets tests see in seconds what takes minutes by default. */
export const QUICK: Properties = {
  "auto.create.topics.enable": "false",
  "offsets.topic.num.partitions": 3,
  "transaction.state.log.num.partitions": 3,
  "group.initial.rebalance.delay.ms": 0,
  "group.min.session.timeout.ms": 500,
  "log.retention.check.interval.ms": 1000,
  "log.cleaner.backoff.ms": 1000,
  "message.max.bytes": 8_388_608,
};

const LOG4J = `rootLogger.level=WARN
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c %m%n
`;

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
