import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startKafka } from "../support/kafka.ts";

const page = readFileSync(new URL("../../docs/tutorial.md", import.meta.url), "utf8");
const program = new URL("../../cli/main.ts", import.meta.url).pathname;
const loader = import.meta.resolve("tsx");
const kafka = await startKafka();
const kcat = spawnSync("kcat", ["-V"]).error === undefined;
if (!kcat) console.warn("SKIPPED, no kcat: the tutorial");

const folder = mkdtempSync(join(tmpdir(), "tg-tutorial-"));
const running: ChildProcess[] = [];
afterAll(async () => {
  const ended = running.map(
    (child) =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once("exit", () => resolve());
      }),
  );
  for (const child of running) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGTERM");
  }
  await Promise.all(ended);
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test.skipIf("skip" in kafka || !kcat)("the tutorial, word by word", { timeout: 300_000 }, async () => {
  if ("skip" in kafka) return;
  const [service, receiver] = [await freePort(), await freePort()];
  const topic = kafka.unique("payments");
  await kafka.createTopic(topic);
  /** The reader's names and ports, here. */
  const here = (text: string): string =>
    text
      .replaceAll("localhost:9092", kafka.brokers[0]!)
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${service}`)
      .replaceAll("9099", String(receiver))
      .replaceAll("topic: payments", `topic: ${topic}`)
      .replaceAll("-t payments", `-t ${topic}`)
      .replaceAll("group: tidegauge", `group: ${topic}`)
      .replaceAll("npx tidegauge", `exec_tidegauge`);
  const shell = (text: string): string =>
    `set -euo pipefail; exec_tidegauge() { '${process.execPath}' --import '${loader}' '${program}' "$@"; }\n${here(text)}`;
  let heard = "";
  let printed = "";
  for (const [, language, rest, text] of page.matchAll(/```(\w+)(?: (\S+))?\n([\s\S]*?)```/g)) {
    if (language !== "sh") {
      const port = rest === "tidegauge.yaml" ? `http: { port: ${service} }\n` : "";
      writeFileSync(join(folder, rest!), port + here(text!));
    } else if (rest === "background") {
      const child = spawn("bash", ["-c", shell(text!)], {
        cwd: folder,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      running.push(child);
      const receives = text!.includes("receiver");
      child.stdout.on("data", (some) => {
        if (receives) heard += String(some);
      });
      let log = "";
      child.stderr.on("data", (some) => {
        log += String(some);
      });
      child.once("exit", (code) => {
        log += `ended with ${code}`;
      });
      if (!receives) {
        await expect
          .poll(() => (/Since about event/.test(heard) || log.includes("ended") ? heard || log : null), {
            timeout: 120_000,
            interval: 200,
          })
          .toMatch(/Since about event/);
      }
    } else printed = execFileSync("bash", ["-c", shell(text!)], { cwd: folder, encoding: "utf8" });
    if (text!.includes("/api/v1/signals")) {
      const { signals: items } = JSON.parse(printed) as { signals: { key: string; kind: string; index: number }[] };
      expect(items.map(({ key, kind }) => [key, kind])).toEqual([["shop-2", "drift"]]);
      // The change is at its payment 2,250.
      expect(items[0]!.index).toBeGreaterThan(2250);
      expect(items[0]!.index).toBeLessThan(2350);
    }
    if (text!.includes("grep")) expect(JSON.parse(printed)).toMatchObject({ key: "shop-2", kind: "drift" });
  }
  // The last block told the service two things, and both were taken.
  expect(
    printed
      .replaceAll("}{", "}\n{")
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one) as object),
  ).toHaveLength(2);
  expect(printed).not.toContain("error");
});

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
