import { type ChildProcess, spawn } from "node:child_process";

/**
 * Reads until nobody is left who could write, then signals the process; one that is stopped hears it, too. Whoever adopts it
 * may never wait for it, so that it stays listed.
 */
const WATCH = `while read -r _; do :; done
kill -s "$1" "$2" && kill -s CONT "$2"
[ -z "$3" ] && exit
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$2" || break; sleep 0.5; done
rm -rf "$3"`;

/**
 * A child that does not outlive this process, however it ends, kill -9 included: a shell at the other end of a pipe signals
 * it then, and removes its folder.
 */
export function endsWithUs(child: ChildProcess, signal: "KILL" | "QUIT" = "KILL", folder = ""): void {
  if (child.pid === undefined) return;
  const watchdog = spawn("sh", ["-c", WATCH, "sh", signal, String(child.pid), folder], {
    // In a session of its own: a Ctrl-C is not for it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.on("error", () => undefined);
  watchdog.unref();
  // The pipe alone keeps nobody waiting.
  (watchdog.stdin as unknown as { unref(): void }).unref();
  child.once("exit", () => watchdog.kill("SIGKILL"));
}
