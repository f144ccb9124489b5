import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { simulatedLatency } from "./latency.ts";
import { listen, type Received } from "./receiver.ts";
import { sotuSentences } from "./sotu.ts";
import { type Place, printChange, printSummary } from "./terminal.ts";

/**
 * The main job in a minute: starts the service as a user would, streams real text through it, prints what it finds.
 *   npm run demo              at a watchable rate, page open until Ctrl-C
 *   npm run demo -- --once    the same stream at full speed to its end, then a table
 */
const once = process.argv.includes("--once");
const TEXTS_PER_SECOND = 200;
const BATCH = once ? 500 : 20;
const FROM_YEAR = 1986;

const folder = mkdtempSync(join(tmpdir(), "tidegauge-demo-"));
const port = await freePort(8080);
const secret = "whsec_dGlkZWdhdWdlLWRlbW8tc2VjcmV0LWtleQ==";
const receiver = await listen(secret, (signal) => {
  if (!once) printChange(signal, started, placeOf);
});
const template = readFileSync(new URL("tidegauge.yaml", import.meta.url), "utf8");
writeFileSync(join(folder, "tidegauge.yaml"), template);

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const service = spawn(process.execPath, [program, "run", "-c", join(folder, "tidegauge.yaml")], {
  stdio: ["ignore", "ignore", "pipe"],
  env: { ...process.env, DEMO_PORT: String(port), DEMO_WEBHOOK: receiver.url, DEMO_SECRET: secret },
});
let tail = "";
service.stderr.on("data", (chunk: Buffer) => {
  tail = (tail + chunk.toString()).slice(-4000);
});
let stopping = false;
service.on("exit", (code) => {
  if (stopping) return;
  process.stderr.write(`The service ended with code ${code}:\n${tail}\n`);
  leave(1);
});
// Ctrl-C reaches the service too, and a second signal would hurry it: it is given the time to go by itself.
process.on("SIGINT", () => void finish(0, 2000));
process.on("SIGTERM", () => void finish(0));

const base = `http://127.0.0.1:${port}`;
const started = performance.now();
await ready();
const sentences = sotuSentences(FROM_YEAR);
const years = sentences.map((s) => s.year);
say(`\n  Live page:  ${base}/\n`);
say(
  `  ${sentences.length.toLocaleString("en")} sentences of the State of the Union addresses ${years[0]}–${years.at(-1)}, in time order (real text).`,
);
say("  The first 1,500 teach what is normal. A simulated latency runs beside them.\n");

const latency = simulatedLatency();
for (let at = 0; at < sentences.length; at += BATCH) {
  const texts = sentences.slice(at, at + BATCH).map(({ text, time, session }) => ({ text, time, session }));
  await post("state-of-the-union", texts);
  await post(
    "simulated-latency",
    Array.from({ length: texts.length }, () => latency.next().value),
  );
  if (!once) await new Promise((resolve) => setTimeout(resolve, (1000 * BATCH) / TEXTS_PER_SECOND));
}
await settled("state-of-the-union", sentences.length);
if (once) {
  await receiver.quiet();
  printSummary(await changes(), await overview(), receiver.received, placeOf, (performance.now() - started) / 1000);
  await finish(0);
} else {
  say("\n  The stream has ended; the page stays open. Ctrl-C ends the demo.");
}

/** Where an accepted sentence was said. */
function placeOf(index: number): Place {
  const { year, speaker, session } = sentences[Math.max(0, Math.min(sentences.length - 1, Math.round(index)))]!;
  return { year, speaker, session };
}

/** While the demo is being ended nothing more is asked: what waits here ends with the process. */
async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(base + path, init);
  } catch (error) {
    if (!stopping) throw error;
    return await new Promise<never>(() => {});
  }
}

async function post(monitor: string, events: readonly unknown[]): Promise<void> {
  const body = events.map((e) => JSON.stringify(e)).join("\n");
  const answer = await ask(`/api/v1/monitors/${monitor}/events`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body,
  });
  if (answer.status !== 202 && !stopping) {
    process.stderr.write(`POST answered ${answer.status}: ${await answer.text()}\n`);
    await finish(1);
  }
}

async function ready(): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const ok = await fetch(`${base}/readyz`)
      .then((r) => r.ok)
      .catch(() => false);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.stderr.write(`The service did not become ready:\n${tail}\n`);
  await finish(1);
}

async function settled(monitor: string, events: number): Promise<void> {
  for (;;) {
    const { events: seen } = (await (await ask(`/api/v1/monitors/${monitor}`)).json()) as {
      events: { consumed: number };
    };
    if (seen.consumed >= events) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // The last commit follows within its interval.
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

async function changes(): Promise<Received[]> {
  const { signals } = (await (await ask("/api/v1/signals?limit=1000")).json()) as { signals: Received[] };
  return signals;
}

async function overview(): Promise<{
  monitors: {
    name: string;
    events: { consumed: number; accepted: number; rejected: number };
    keys: { total: number };
  }[];
}> {
  return (await (await ask("/api/v1/monitors")).json()) as Awaited<ReturnType<typeof overview>>;
}

async function finish(code: number, patienceMs = 0): Promise<never> {
  // Signals often come twice, from the terminal and from npm.
  if (stopping) return await new Promise<never>(() => {});
  stopping = true;
  if (service.exitCode === null && service.signalCode === null) {
    const gone = new Promise((resolve) => service.once("exit", resolve));
    const hurry = setTimeout(() => service.kill("SIGTERM"), patienceMs);
    await gone;
    clearTimeout(hurry);
  }
  return leave(code);
}

function leave(code: number): never {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The wished port if it is free, else any. */
async function freePort(wished: number): Promise<number> {
  for (const candidate of [wished, 0]) {
    const found = await new Promise<number | null>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(null));
      probe.listen(candidate, "127.0.0.1", () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === "object" && address ? address.port : null));
      });
    });
    if (found !== null) return found;
  }
  return 0;
}
