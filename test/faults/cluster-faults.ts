import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaCluster } from "../support/kafka-cluster.ts";
import type { Scene } from "./disturbed.ts";

export interface ClusterFault {
  readonly name: string;
  disturb(scene: Scene, cluster: KafkaCluster): Promise<void>;
}

/** Faults of brokers, over three. */
export const CLUSTER_FAULTS: readonly ClusterFault[] = [
  {
    name: "kill -9 of a partition's leader, and it comes back",
    async disturb({ topic, rest }, cluster) {
      await rest(800);
      const leader = await cluster.leaderOf(topic, 0);
      await cluster.stopNode(leader, "SIGKILL");
      await sleep(3000);
      await rest(1000);
      await cluster.startNode(leader);
      await cluster.untilInSync(topic);
    },
  },
  {
    name: "rolling restart of all brokers",
    async disturb({ topic, rest }, cluster) {
      for (const node of cluster.nodes) {
        await rest(300);
        await cluster.stopNode(node, "SIGTERM");
        await cluster.startNode(node);
        await cluster.untilInSync(topic);
      }
    },
  },
  {
    name: "all brokers are killed and stay away for a while; nobody restarts a member",
    async disturb({ topic, rest }, cluster) {
      await rest(800);
      await Promise.all(cluster.nodes.map((node) => cluster.stopNode(node, "SIGKILL")));
      await sleep(5000);
      await Promise.all(cluster.nodes.map((node) => cluster.startNode(node)));
      await cluster.untilInSync(topic);
    },
  },
];
