import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { logLevel } from "kafkajs";
import { becomeReady, cacheFolder, connectKafka, type TestKafka } from "./kafka.ts";
import { formatStorage, freePorts, launchBroker, QUICK } from "./kafka-java.ts";
import { alive } from "./processes.ts";

export interface KafkaCluster extends TestKafka {
  /** Node ids from 1 on. */
  readonly nodes: readonly number[];
  leaderOf(topic: string, partition: number): Promise<number>;
  /** The broker that a group asks. */
  coordinatorOf(group: string): Promise<number>;
  /** SIGKILL: gone at once. SIGTERM: hands its leaderships over first. Resolves when it is gone. */
  stopNode(node: number, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** One that runs already is left alone. */
  startNode(node: number): Promise<void>;
  /** Until every partition of the topic has all its replicas in sync. */
  untilInSync(topic: string): Promise<void>;
}

/**
 * Three brokers on loopback that notice a dead one within 1.5 s, replication 3, two in sync wanted. They end with
 * stop(), or with this process.
 */
export async function startKafkaCluster(): Promise<KafkaCluster> {
  const base = mkdtempSync(join(tmpdir(), "tidegauge-cluster-"));
  const nodes = [1, 2, 3];
  const ports = await freePorts(6);
  const address = (i: number) => `127.0.0.1:${ports[i]}`;
  const folderOf = (node: number) => join(base, String(node));
  const pidOf = (node: number) => Number(readFileSync(join(folderOf(node), "pid"), "utf8"));
  /** Watchdogs by node. */
  const running = new Map<number, number>();
  for (const node of nodes) {
    mkdirSync(folderOf(node));
    formatStorage(cacheFolder(), folderOf(node), {
      "process.roles": "broker,controller",
      "node.id": node,
      "controller.quorum.voters": nodes.map((n) => `${n}@${address(n + 2)}`).join(","),
      listeners: `PLAINTEXT://${address(node - 1)},CONTROLLER://${address(node + 2)}`,
      "advertised.listeners": `PLAINTEXT://${address(node - 1)}`,
      "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      "controller.listener.names": "CONTROLLER",
      "inter.broker.listener.name": "PLAINTEXT",
      "log.dirs": join(folderOf(node), "data"),
      "default.replication.factor": 3,
      "min.insync.replicas": 2,
      "offsets.topic.replication.factor": 3,
      "transaction.state.log.replication.factor": 3,
      "transaction.state.log.min.isr": 2,
      "broker.session.timeout.ms": 1500,
      "broker.heartbeat.interval.ms": 300,
      "controller.quorum.election.timeout.ms": 500,
      "controller.quorum.fetch.timeout.ms": 1000,
      "replica.lag.time.max.ms": 2000,
      "leader.imbalance.check.interval.seconds": 3600,
      ...QUICK,
    });
  }
  const launch = (node: number) => {
    const afterwards = `rm -f '${folderOf(node)}/pid'; kill -0 ${process.pid} || rm -rf '${base}'`;
    running.set(node, launchBroker(cacheFolder(), folderOf(node), process.pid, afterwards));
  };
  for (const node of nodes) launch(node);
  const brokers = nodes.map((node) => address(node - 1));
  await becomeReady(brokers);
  // Brokers that are away are the point here.
  const kafka = await connectKafka(brokers, null, logLevel.NOTHING);

  async function partitionsOf(topic: string) {
    const { topics } = await kafka.admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions ?? [];
  }

  async function leaderOf(topic: string, partition: number): Promise<number> {
    for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
      const found = (await partitionsOf(topic).catch(() => [])).find((each) => each.partitionId === partition);
      if (found !== undefined && found.leader > 0) return found.leader;
    }
    throw new RangeError(`${topic}[${partition}] has no leader within 60 s`);
  }

  return {
    ...kafka,
    nodes,
    leaderOf,
    coordinatorOf: (group) => leaderOf("__consumer_offsets", partitionOfGroup(group)),
    async stopNode(node, signal) {
      process.kill(pidOf(node), signal);
      while (alive(running.get(node)!)) await sleep(20);
      running.delete(node);
    },
    async startNode(node) {
      const watchdog = running.get(node);
      if (watchdog === undefined || !alive(watchdog)) launch(node);
    },
    async untilInSync(topic) {
      for (const until = Date.now() + 60_000; Date.now() < until; await sleep(200)) {
        const partitions = await partitionsOf(topic).catch(() => []);
        if (partitions.length > 0 && partitions.every((each) => each.isr.length === nodes.length && each.leader > 0))
          return;
      }
      throw new RangeError(`not every replica of ${topic} came back within 60 s`);
    },
    async stop() {
      await kafka.stop().catch(() => {});
      for (const [node, watchdog] of running) if (alive(watchdog)) process.kill(pidOf(node), "SIGKILL");
      while ([...running.values()].some(alive)) await sleep(50);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Of the three of the topic of offsets, by Java's hash of the name. */
function partitionOfGroup(group: string): number {
  const hash = [...group].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 0);
  return Math.abs(hash) % Number(QUICK["offsets.topic.num.partitions"]);
}
