import { randomUUID } from "node:crypto";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Commit, CommitResult } from "../../engine/store.ts";
import { commitStatements } from "./postgres-commit-statements.ts";
import type { Database, Result } from "./postgres-connection.ts";
import { type DatabaseError, FENCED, FOREIGN_KEY, isCertain, storeError } from "./postgres-errors.ts";
import { fromText } from "./safe-text.ts";

/** A commit of which nothing could be learnt; the caller's next try of the same step goes on under its token. */
interface Attempt {
  readonly epoch: number;
  readonly fromOffset: number | null;
  readonly nextOffset: number;
  readonly token: string;
}

type Outcome =
  | CommitResult
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "unknown"; readonly error: unknown };

export function createCommitter(database: Database): (commit: Commit) => Promise<CommitResult> {
  const unresolved = new Map<number, Attempt>();

  return async (commit) => {
    const earlier = unresolved.get(commit.lane);
    const again = earlier !== undefined && isSameStep(earlier, commit);
    const token = again ? earlier.token : randomUUID();
    const statements = commitStatements(commit, token);
    // A connection that went stale since the last commit costs one more try, not an error.
    for (let attempt = 0; ; attempt++) {
      let outcome = judge(await database.pipeline(statements));
      if (outcome.kind === "unknown" || (outcome.kind === "fenced" && again)) {
        outcome = await readBack(database, commit, token, outcome, () =>
          unresolved.set(commit.lane, {
            epoch: commit.epoch,
            fromOffset: commit.fromOffset,
            nextOffset: commit.nextOffset,
            token,
          }),
        );
      }
      if (outcome.kind === "unknown" && attempt === 0) continue;
      unresolved.delete(commit.lane);
      if (outcome.kind === "failed" || outcome.kind === "unknown") throw storeError(outcome.error);
      return outcome;
    }
  };
}

function isSameStep(earlier: Attempt, commit: Commit): boolean {
  return (
    earlier.epoch === commit.epoch &&
    earlier.fromOffset === commit.fromOffset &&
    earlier.nextOffset === commit.nextOffset
  );
}

/** What the answers to begin … commit mean. */
function judge(outcomes: readonly PromiseSettledResult<Result>[]): Outcome {
  const last = outcomes.at(-1)!;
  if (last.status === "fulfilled" && last.value.command === "COMMIT") return { kind: "committed" };
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure === undefined) throw new TypeError("a transaction was rolled back without an error");
  const error = failure.reason as DatabaseError;
  if (error.code === FENCED) return { kind: "fenced" };
  if (error.code === FOREIGN_KEY) return { kind: "foreign-key", key: fromText(error.detail ?? "") };
  return isCertain(error) ? { kind: "failed", error } : { kind: "unknown", error };
}

/** The lane's row says which commit moved it last. `for update` waits for a commit that is still under way. */
async function readBack(
  database: Database,
  commit: Commit,
  token: string,
  outcome: Outcome,
  remember: () => void,
): Promise<Outcome> {
  let row: Readonly<Record<string, unknown>> | undefined;
  try {
    const found = await database.query({
      text: "select epoch, next_offset, token from tidegauge.lane where id = $1 for update",
      values: [commit.lane],
    });
    row = found.rows[0];
  } catch (error) {
    remember();
    const cause = "error" in outcome ? outcome.error : error;
    throw error instanceof TidegaugeError ? new TidegaugeError(error.code, error.details, cause) : error;
  }
  if (row?.token === token) return { kind: "committed" };
  const offset = row?.next_offset == null ? null : Number(row.next_offset);
  if (row === undefined || Number(row.epoch) !== commit.epoch || offset !== commit.fromOffset) {
    return { kind: "fenced" };
  }
  return outcome;
}
