import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { alive } from "./processes.ts";

/** Starts a child of its own, says its pid, and waits. */
const OWNER = `import { spawn } from "node:child_process";
import { endsWithUs } from ${JSON.stringify(new URL("./ends-with-us.ts", import.meta.url).href)};
const child = spawn("sleep", ["600"], { stdio: "ignore" });
endsWithUs(child);
console.log(child.pid);
setInterval(() => {}, 60_000);`;

test.each([
  ["SIGKILL", "running"],
  ["SIGKILL", "stopped"],
  ["SIGTERM", "running"],
] as const)("after %s of its owner a %s child is gone", async (signal, was) => {
  const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", OWNER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(owner.stdout!, "data")) as [Buffer];
  const child = Number(line.toString());
  try {
    if (was === "stopped") process.kill(child, "SIGSTOP");
    expect(alive(child)).toBe(true);
    owner.kill(signal);
    await once(owner, "exit");
    await expect.poll(() => alive(child), { timeout: 60_000 }).toBe(false);
  } finally {
    if (alive(child)) process.kill(child, "SIGKILL");
  }
});
