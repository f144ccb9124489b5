import { alertTest } from "./alert-test.ts";
import { backtest } from "./backtest.ts";
import { check } from "./check.ts";
import type { CliCommand } from "./command.ts";
import { dashboards } from "./dashboards.ts";
import { deadLetters } from "./dead-letters.ts";
import { doctor } from "./doctor.ts";
import { evaluate } from "./evaluate.ts";
import { redeliver } from "./redeliver.ts";
import { replay } from "./replay.ts";
import { reset } from "./reset.ts";
import { run } from "./run.ts";
import { schema } from "./schema.ts";
import { turns } from "./turns.ts";

export const COMMANDS: readonly CliCommand[] = [
  run,
  backtest,
  evaluate,
  replay,
  check,
  doctor,
  dashboards,
  alertTest,
  redeliver,
  deadLetters,
  reset,
  schema,
  turns,
];
