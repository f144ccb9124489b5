import { createRandom } from "../../detectors/statistics/random.ts";
import { type Answered, type Attack, leakIn, type Probe, send, type Target } from "./attack.ts";

export interface Tally {
  readonly name: string;
  readonly tried: number;
  /** How often each status came. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** What should not have happened, in words. */
  readonly hits: readonly string[];
}

/** Tries one kind of attack until `enough`. */
export async function tryAttack(
  { name, probe }: Attack,
  target: Target,
  seed: number,
  enough: (tried: number) => boolean,
): Promise<Tally> {
  const random = createRandom("attack", `${name}:${seed}`);
  const statuses: Record<string, number> = {};
  const hits: string[] = [];
  let [tried, slowestMs] = [0, 0];
  for (; !enough(tried); tried++) {
    const sent = probe(random);
    const began = performance.now();
    const answer = await send(target.port, sent);
    slowestMs = Math.max(slowestMs, performance.now() - began);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const wrong = whatIsWrong(sent, answer, target);
    if (wrong !== null && hits.length < 20) hits.push(wrong);
  }
  return { name, tried, statuses, slowestMs: Math.round(slowestMs), hits };
}

function whatIsWrong(sent: Probe, answer: Answered, target: Target): string | null {
  const what = `${sent.method ?? "get"} ${sent.path.slice(0, 120)} ${JSON.stringify(sent.headers ?? {}).slice(0, 120)}`;
  const leak = leakIn(answer, target);
  if (leak !== null) return `${what} → ${answer.status} with "${leak}" in it`;
  return sent.may.includes(answer.status) ? null : `${what} → ${answer.status} ${answer.text.slice(0, 200)}`;
}
