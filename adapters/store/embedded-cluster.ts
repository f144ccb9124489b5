import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { TidegaugeError } from "../../engine/errors.ts";
import { type Account, commandAs } from "./embedded-account.ts";
import type { Binaries } from "./embedded-binaries.ts";

const run = promisify(execFile);

/** The data directory: made on first use, checked for its version on every other. */
export async function prepareCluster(path: string, data: string, binaries: Binaries, account: Account): Promise<void> {
  if (existsSync(join(data, "PG_VERSION"))) {
    const found = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
    if (found !== binaries.major) throw wrongVersion(path, data, found, binaries.major);
    return;
  }
  if (existsSync(data)) {
    throw new TidegaugeError("STORE_START", { path, why: `${data} is there but holds no database; move it away` });
  }
  // Made beside and renamed when complete: a start that is killed half-way leaves nothing that looks like a database.
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  privateFolder(path, fresh, account);
  const options = ["--username=tidegauge", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"];
  // One call for all of its thousand files.
  if (process.platform === "linux") options.push("--sync-method=syncfs");
  try {
    const command = commandAs(account, binaries.initdb, ["-D", fresh, ...options]);
    await run(command.file, command.args, {
      ...command.options,
      cwd: fresh,
      env: { ...process.env, ...binaries.env, LC_ALL: "C" },
    });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new TidegaugeError("STORE_START", { path, why: oneLine(stderr || message) }, error);
  }
  renameSync(fresh, data);
}

/** A folder of the account's own that nobody else may enter. */
export function privateFolder(path: string, folder: string, account: Account): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    if (account.uid !== undefined) chownSync(folder, account.uid, account.gid!);
    const { mode, uid } = statSync(folder);
    if ((mode & 0o077) === 0 && (account.uid === undefined || uid === account.uid)) return;
  } catch (error) {
    throw noOwners(path, error);
  }
  throw noOwners(path);
}

export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ").replace(/\.$/, "").slice(-600);
}

function noOwners(path: string, cause?: unknown): TidegaugeError {
  const why =
    "its file system does not keep owners and permissions, which PostgreSQL needs; choose a store.path on a local file system";
  return new TidegaugeError("STORE_START", { path, why }, cause);
}

function wrongVersion(path: string, data: string, found: string, ours: string): TidegaugeError {
  const fix = [
    `Dump it with a PostgreSQL ${found} server of yours started on ${data} (user tidegauge, database postgres):`,
    "`pg_dump --schema=tidegauge postgres > tidegauge.sql`; move the folder away; start this program once and stop it;",
    `then \`drop schema tidegauge cascade\` and \`psql -f tidegauge.sql\` with a PostgreSQL ${ours} started on the new folder.`,
    "Or move the folder away to begin anew.",
  ].join(" ");
  return new TidegaugeError("STORE_VERSION", { path, found, ours, fix });
}
