import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { COMMANDS } from "../../cli/commands/index.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { DETECTORS } from "../../detectors/index.ts";

interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly user: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = (path: string) => readFileSync(join(root, path), "utf8");
const compose = parse(text("docker-compose.yml"), { merge: true }) as {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const folder = mkdtempSync(join(tmpdir(), "tg-compose-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("docker-compose.yml", () => {
  test("has the whole chain, two members of it", () => {
    const names = ["kafka", "postgres", "load", "tidegauge-1", "tidegauge-2", "alertmanager", "prometheus", "grafana"];
    expect(services.map(([name]) => name)).toEqual(names);
  });

  test.each(services)("%s: a pinned image, not root, a health check, ports on loopback only", (_, service) => {
    expect(service.image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    expect(service.user).toMatch(/^([1-9]\d*:\d+|postgres)$/);
    expect(service.healthcheck?.test[0]).toBe("CMD");
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const value of Object.values(service.environment ?? {})) expect(value).toBeTypeOf("string");
  });

  test.each(services)("%s: what it mounts, builds from and waits for is there", (_, service) => {
    for (const volume of service.volumes ?? []) {
      const [from = "", , mode] = volume.split(":");
      if (!from.startsWith(".")) expect(compose.volumes).toHaveProperty(from);
      else {
        expect(mode).toBe("ro");
        expect(existsSync(join(root, from)), from).toBe(true);
      }
    }
    if (service.build !== undefined) expect(statSync(join(root, service.build, "Dockerfile")).isFile()).toBe(true);
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services[name]?.healthcheck).toBeDefined();
      expect(condition).toBe("service_healthy");
    }
  });

  test("members run a command that the program has, with a config that it accepts", () => {
    const { command, volumes } = compose.services["tidegauge-1"]!;
    const [name, , path] = command!;
    expect(COMMANDS.map((c) => c.name)).toContain(name);
    const [from] = volumes!.find((v) => v.split(":")[1] === path)!.split(":");
    const { config } = loadConfig(join(root, from!), DETECTORS, { DATABASE_URL: "postgres://u:p@h:5432/d" });
    expect(config.kafka!.brokers).toEqual([compose.services.load!.environment!.KAFKA_BROKERS]);
    const load = text(compose.services.load!.entrypoint![1]!);
    const { topic, deadLetters } = config.monitors.latency!.source!.kafka!;
    for (const one of [topic, deadLetters]) expect(load).toContain(`"${one}"`);
    for (const host of ["tidegauge-1", "tidegauge-2"]) expect(config.http.allowedHosts).toContain(host);
  });

  test("Grafana is given every variable that its data sources ask for", () => {
    const asked = text("dashboards/provisioning/grafana/datasources/tidegauge.yml").matchAll(/\$\{(\w+)\}/g);
    const { environment } = compose.services.grafana!;
    for (const [, name] of asked) expect(environment).toHaveProperty(name!);
  });

  const tools = ["/usr/bin/promtool", "/usr/bin/amtool"];
  const absent = tools.filter((tool) => !existsSync(tool));
  if (absent.length > 0) console.warn(`SKIPPED, no ${absent.join(", ")}.`);
  test.skipIf(absent.length > 0)(
    "promtool and amtool accept what Prometheus and Alertmanager are given",
    () => {
      for (const name of ["prometheus", "alertmanager"] as const) {
        for (const volume of compose.services[name]!.volumes!) {
          const [from = "", to = ""] = volume.split(":");
          if (from.startsWith(".")) cpSync(join(root, from), join(folder, to));
        }
      }
      const said = (tool: string, ...args: string[]) => execFileSync(tool, args, { encoding: "utf8", stdio: "pipe" });
      const config = (name: string) => join(folder, `/etc/${name}/${name}.yml`);
      expect(said(tools[0]!, "check", "config", config("prometheus"))).toContain("SUCCESS");
      expect(said(tools[1]!, "check-config", config("alertmanager"))).toContain("SUCCESS");
    },
    120_000,
  );
});

test("the image is not run as root, and is built of pinned versions from folders that are there", () => {
  const lines = text("Dockerfile").split("\n");
  expect(lines.filter((line) => line.startsWith("USER"))).toEqual(["USER 1000:1000"]);
  expect(lines.find((line) => line.startsWith("ARG NODE="))).toMatch(/node:\d+\.\d+\.\d+-/);
  const copied = lines.flatMap((line) => /^COPY --from=build (.*) \S+$/.exec(line)?.[1]?.split(" ") ?? []);
  for (const path of copied) {
    const here = path.replace("/build/", "");
    if (!["node_modules", "dist"].includes(here)) expect(existsSync(join(root, here)), here).toBe(true);
  }
});
