import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { TidegaugeError } from "../../engine/errors.ts";

/** PostgreSQL refuses to run as root. Empty: as whoever we are. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
  /** Put before a command instead of uid and gid: becomes the account by itself. */
  readonly launcher?: readonly string[];
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly uid?: number; readonly gid?: number };
}

/**
 * As root: whoever owns the data already, else the system's `postgres` account, else `nobody`; no account is created.
 * A place that this account may not enter (below /root, say) is opened to the server by one capability, by setpriv.
 */
export function chooseAccount(path: string, data: string, folders: readonly string[]): Account {
  if (process.getuid?.() !== 0) return {};
  const account = ownerOf(data) ?? systemAccount() ?? null;
  if (account === null) {
    const why = "PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account";
    throw new TidegaugeError("STORE_START", { path, why: `${why}; run as another user` });
  }
  const closed = folders.map((folder) => closedFolder(folder, account)).find((found) => found !== null);
  if (closed === undefined) return account;
  const launcher = launcherFor(account);
  if (launcher === null) {
    const why = `PostgreSQL does not run as root, and user ${account.uid} may not enter ${closed}; run as an ordinary user, or choose folders that it may enter`;
    throw new TidegaugeError("STORE_START", { path, why });
  }
  return { ...account, launcher };
}

export function commandAs(account: Account, file: string, args: readonly string[]): Command {
  const { launcher, ...options } = account;
  if (launcher === undefined) return { file, args, options };
  return { file: launcher[0]!, args: [...launcher.slice(1), file, ...args], options: {} };
}

type Named = Required<Pick<Account, "uid" | "gid">>;

function ownerOf(data: string): Named | null {
  const found = statSync(data, { throwIfNoEntry: false });
  return found === undefined || found.uid === 0 ? null : { uid: found.uid, gid: found.gid };
}

function systemAccount(): Named | undefined {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const named = ["postgres", "nobody"].map((name) => lines.find((line) => line.startsWith(`${name}:`))?.split(":"));
  const fields = named.find((found) => found !== undefined);
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** The first folder on the way down that the account may not pass. */
function closedFolder(folder: string, account: Named): string | null {
  const parent = dirname(folder);
  const above = parent === folder ? null : closedFolder(parent, account);
  if (above !== null) return above;
  const { mode, uid, gid } = statSync(folder);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  return (mode & bit) === 0 ? folder : null;
}

/** Reading and passing everywhere is enough; containers often grant only the wider one. */
function launcherFor(account: Named): readonly string[] | null {
  for (const capability of ["dac_read_search", "dac_override"]) {
    const launcher = [
      "setpriv",
      `--reuid=${account.uid}`,
      `--regid=${account.gid}`,
      "--clear-groups",
      `--inh-caps=-all,+${capability}`,
      `--ambient-caps=-all,+${capability}`,
      // Else access(2), by which PostgreSQL looks for its parts, takes no notice of the capability.
      "--securebits=+no_setuid_fixup",
    ];
    if (spawnSync(launcher[0]!, [...launcher.slice(1), "true"], { stdio: "ignore" }).status === 0) return launcher;
  }
  return null;
}
