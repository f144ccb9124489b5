import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { dashboards } from "../../cli/commands/dashboards.ts";

export const PROMETHEUS = process.env.PROMETHEUS ?? "/usr/bin/prometheus";
export const ALERTMANAGER = "/usr/bin/prometheus-alertmanager";
export const hasStack = existsSync(PROMETHEUS) && existsSync(ALERTMANAGER);

export interface Stack {
  readonly prometheus: string;
  readonly alertmanager: string;
  stop(): void;
}

/** A real Prometheus and Alertmanager on the shipped files, with the waiting times of a test. */
export async function startStack(folder: string, service: string, receiver: string): Promise<Stack> {
  const [promPort, amPort] = await Promise.all([freePort(), freePort()]);
  mkdirSync(folder, { recursive: true });
  await dashboards.run(["--out", folder, "--url", service, "--alertmanager", `127.0.0.1:${amPort}`]);
  rewrite(join(folder, "prometheus/prometheus.yml"), [[/_interval: 15s/g, "_interval: 1s"]]);
  rewrite(join(folder, "prometheus/tidegauge.rules.yml"), [
    [/interval: 15s/g, "interval: 1s"],
    [/for: \d+m/g, "for: 1s"],
  ]);
  rewrite(join(folder, "alertmanager/alertmanager.yml"), [
    [/group_wait: \S+/g, "group_wait: 1s"],
    [/group_interval: \S+/g, "group_interval: 1s"],
    [/http:\/\/127\.0\.0\.1:9095\//g, receiver],
  ]);
  const children: ChildProcess[] = [
    spawn(
      PROMETHEUS,
      [
        `--config.file=${folder}/prometheus/prometheus.yml`,
        `--storage.tsdb.path=${folder}/tsdb`,
        `--web.listen-address=127.0.0.1:${promPort}`,
      ],
      { stdio: "ignore" },
    ),
    spawn(
      ALERTMANAGER,
      [
        `--config.file=${folder}/alertmanager/alertmanager.yml`,
        `--storage.path=${folder}/am`,
        `--web.listen-address=127.0.0.1:${amPort}`,
        "--cluster.listen-address=",
        "--log.level=error",
      ],
      { stdio: "ignore" },
    ),
  ];
  return {
    prometheus: `http://127.0.0.1:${promPort}`,
    alertmanager: `http://127.0.0.1:${amPort}`,
    stop: () => {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}

function rewrite(path: string, changes: readonly (readonly [RegExp, string])[]): void {
  const text = changes.reduce((t, [from, to]) => t.replaceAll(from, to), readFileSync(path, "utf8"));
  writeFileSync(path, text);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
