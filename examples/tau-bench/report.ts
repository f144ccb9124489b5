/**
 * τ-bench conversations through context-drift, by the similarity of what the simulated user says to the task it was given.
 *
 *   DATASETS_DIR=… node --import tsx examples/tau-bench/report.ts [EVENTS.ndjson [REPORT.html]]
 *
 * Embeddings are the hash encoder's, fitted on the conversations themselves.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../cli/commands/index.ts";
import { encode, fitHashEncoder } from "../../detectors/short-text/hash-encoder.ts";

interface Run {
  readonly task_id: number;
  readonly trial: number;
  readonly reward: number;
  readonly info: { readonly task: { readonly instruction: string } };
  readonly traj: readonly { readonly role: string; readonly content: string | null }[];
}

interface State {
  readonly phi: number | null;
  readonly phiInterval?: readonly [number, number];
  readonly equilibrium: number | null;
  readonly equilibriumInterval?: readonly [number, number] | null;
  readonly halfLife?: number | null;
  readonly sd?: number;
  readonly between?: number;
  readonly z: number | null;
  readonly critical?: number;
  readonly closedConversations: number;
  readonly meanTurns?: number;
}

const folder = process.env.DATASETS_DIR;
if (folder === undefined) {
  console.error("Set DATASETS_DIR to the folder with tau-bench-airline.json.");
  process.exit(2);
}
const runs = JSON.parse(readFileSync(join(folder, "tau-bench-airline.json"), "utf8")) as Run[];
const saidIn = (run: Run): string[] =>
  run.traj.flatMap(({ role, content }) => (role === "user" && content && !content.includes("###") ? [content] : []));
const encoder = fitHashEncoder(
  runs.flatMap((run) => [run.info.task.instruction, ...saidIn(run)]),
  1,
);
const embed = (text: string): number[] => Array.from(encode(encoder, text), (x) => Number(x.toFixed(5)));
const events = runs.flatMap((run) => {
  const conversation = `task ${run.task_id}, trial ${run.trial}`;
  const turns = [run.info.task.instruction, ...saidIn(run)];
  return turns.map((text, turn) => ({ conversation, turn, embedding: embed(text), end: turn === turns.length - 1 }));
});

const temporary = mkdtempSync(join(tmpdir(), "tau-bench-"));
const input = process.argv[2] ?? join(temporary, "events.ndjson");
const output = join(temporary, "signals.ndjson");
const config = join(temporary, "tidegauge.yaml");
writeFileSync(input, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
writeFileSync(
  config,
  "store: { kind: memory }\nembedder: { kind: none }\nmonitors:\n  tau: { detector: context-drift, reference: { first: 150 } }\n",
);
const backtest = COMMANDS.find((c) => c.name === "backtest")!;
const page = process.argv[3] === undefined ? [] : ["--report", process.argv[3]];
await backtest.run(["-c", config, "--input", input, "--output", output, ...page]);
const signals = readFileSync(output, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as { kind: string; summary: string; explanation: State & { conversation?: string } });
rmSync(temporary, { recursive: true });

const state = signals.findLast((s) => s.kind === "fleet_state")!;
const flagged = signals.filter((s) => s.kind.startsWith("conversation_"));
const solved = new Map(runs.map((run) => [`task ${run.task_id}, trial ${run.trial}`, run.reward === 1]));
const { phi, phiInterval, equilibrium, equilibriumInterval, sd, between, z, critical, meanTurns } = state.explanation;
const byTask = meansByTask();
const half = 1.96 * Math.sqrt(varianceOf(byTask) / byTask.length);
const overTasks = meanOf(byTask);
const two = (x: number | null | undefined): string => (x == null ? "–" : x.toFixed(2));
const range = (pair: readonly [number, number] | null | undefined): string =>
  pair ? `${two(pair[0])} to ${two(pair[1])}` : "–";
console.log(`
τ-bench airline: ${runs.length} conversations, ${events.length} events, ${two(meanTurns)} turns of the user on average
  divergence          1 − cosine of what the user says to its task (hash encoder)
  equilibrium D*      ${two(equilibrium)} (${range(equilibriumInterval)})
    of the tasks      ${two(overTasks)} (${two(overTasks - half)} to ${two(overTasks + half)}), one mean for each of the ${byTask.length} tasks
  contraction φ       ${two(phi)} (${range(phiInterval)})
  spread              ${two(sd)} within a conversation, ${two(between)} between conversations
  unit-root z         ${two(z)} (an equilibrium is called below ${two(critical)})
  flagged             ${flagged.length} conversations${flagged.length === 0 ? "" : ":"}`);
for (const { summary, explanation } of flagged) {
  console.log(`    ${summary} ${solved.get(explanation.conversation ?? "") ? "(solved)" : "(not solved)"}`);
}
const unsolved = flagged.filter(({ explanation }) => !solved.get(explanation.conversation ?? "")).length;
const base = [...solved.values()].filter((ok) => !ok).length;
console.log(`
What this can say: whether what the user says moves away from its task's words over a conversation, and whether it comes back.
What it cannot say: whether the agent did its job. Similarity of words to a task is no divergence of two models; later turns
answer questions ("yes, please") and share few words with the task however faithful they are. Four trials of one task are
not independent, so these intervals are too narrow; that of the tasks is not. ${base} of ${runs.length} conversations were not solved; of the flagged ${flagged.length}, ${unsolved}: ${
  flagged.length < 20 ? "too few to call it a sign of anything." : "compare the two shares before trusting it."
}`);

/** Mean divergence of each task, its trials together: tasks are independent of each other, trials are not. */
function meansByTask(): number[] {
  const tasks = new Map<number, number[]>();
  for (const run of runs) {
    const goal = embed(run.info.task.instruction);
    const turns = saidIn(run).map((text) => 1 - cosine(embed(text), goal));
    tasks.set(run.task_id, [...(tasks.get(run.task_id) ?? []), ...turns]);
  }
  return [...tasks.values()].map(meanOf);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0) / Math.sqrt(squaresOf(a) * squaresOf(b));
}

function squaresOf(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x * x, 0);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
}
