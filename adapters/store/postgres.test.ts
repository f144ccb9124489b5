import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makePart } from "../../engine/part.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../../test/support/postgres.ts";
import { freshName, laneName, ownLane, type StoreUnderTest, signalOf, stateWrite, textOf } from "./law-samples.ts";
import { storeLaws } from "./laws.ts";
import { createPostgresStore } from "./postgres.ts";

const given = process.env.TIDEGAUGE_TEST_POSTGRES_URL;

if (given === undefined && findPostgres() === null) {
  console.warn("SKIPPED: store on a given PostgreSQL (no TIDEGAUGE_TEST_POSTGRES_URL, none under /usr/lib/postgresql)");
  test.skip("store on a given PostgreSQL");
} else {
  if (given !== undefined) storeLaws("PostgreSQL by URL", () => onServer(given));
  if (findPostgres() !== null) {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());
    storeLaws("PostgreSQL of the system", async () => onServer(await server.database()));
    troubles(() => server);
    rewriting(() => server);
    plans(() => server);
  }
}

async function onServer(url: string): Promise<StoreUnderTest> {
  const [store, another] = [createPostgresStore({ url }), createPostgresStore({ url })];
  await store.open();
  await another.open();
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  return {
    store,
    another,
    async disturb() {
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tidegauge'",
      );
    },
    async end() {
      await admin.end();
      await Promise.all([store.close(), another.close()]);
    },
  };
}

function troubles(get: () => TestPostgres): void {
  describe("a PostgreSQL in trouble", () => {
    const options = { statementTimeoutMs: 400, connectTimeoutMs: 400 };

    test("each call says STORE_UNAVAILABLE while the server is away, and works again when it is back", async () => {
      const server = get();
      const store = createPostgresStore({ url: await server.database(), ...options });
      await store.open();
      const owner = await ownLane(store);
      expect(await owner.commit({ states: [stateWrite("k", "1")] })).toEqual({ kind: "committed" });
      let rang = 0;
      store.onChange(() => rang++);
      await server.crash();
      const unavailable = { code: "STORE_UNAVAILABLE", retryable: true };
      await expect(owner.commit({})).rejects.toMatchObject(unavailable);
      await expect(store.loadStates(owner.claim.lane, ["k"])).rejects.toMatchObject(unavailable);
      await expect(store.claim(owner.name, null)).rejects.toMatchObject(unavailable);
      await expect(store.signals({ limit: 1 })).rejects.toMatchObject(unavailable);
      await expect(store.key("r", "m", "k")).rejects.toMatchObject(unavailable);
      await expect(store.erase("m", "k")).rejects.toMatchObject(unavailable);
      expect(await store.ping()).toMatch(/ECONNREFUSED|terminat/);
      await server.restart();
      expect(await store.ping()).toBeNull();
      expect(await owner.commit({ states: [stateWrite("k", "2")], signals: [signalOf("m")] })).toEqual({
        kind: "committed",
      });
      expect(await textOf(store, owner, "k")).toBe("2");
      await expect.poll(() => rang, { timeout: 60_000 }).toBeGreaterThan(0);
      const before = rang;
      await owner.commit({ signals: [signalOf("m")] });
      await expect.poll(() => rang, { timeout: 60_000 }).toBeGreaterThan(before);
      await store.close();
    });

    test("a server that no longer answers is given up in time", async () => {
      const server = get();
      const store = createPostgresStore({ url: await server.database(), ...options });
      await store.open();
      const owner = await ownLane(store);
      server.pause();
      try {
        const since = Date.now();
        await expect(store.signals({ limit: 1 })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
        await expect(owner.commit({})).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
        expect(Date.now() - since).toBeLessThan(20_000);
      } finally {
        server.resume();
      }
      expect(["committed", "fenced"]).toContain((await owner.commit({})).kind);
      await store.close();
    });

    test("a commit whose answer was lost is found committed, or was rolled back and is repeated", async () => {
      const url = await get().database();
      const store = createPostgresStore({ url });
      await store.open();
      const owner = await ownLane(store);
      const admin = new pg.Client({ connectionString: url });
      await admin.connect();
      // Held up at the lane's row, so that the connection surely breaks in the middle of the transaction.
      await admin.query("begin");
      await admin.query("select from tidegauge.lane for update");
      const commit = owner.commit({ states: [stateWrite("k", "1")], signals: [signalOf("m")] });
      const waiting =
        "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
      await expect.poll(async () => (await admin.query(waiting)).rowCount).toBe(1);
      await admin.query(`select pg_terminate_backend(pid) from (${waiting}) w`);
      await admin.query("rollback");
      expect(await commit).toEqual({ kind: "committed" });
      expect((await store.signals({ monitor: "m", limit: 9 })).items.length).toBe(1);
      await admin.end();
      await store.close();
    });

    test("the same step tried again after an unknown result is not taken for someone else's", async () => {
      const server = get();
      const store = createPostgresStore({ url: await server.database(), ...options });
      await store.open();
      const owner = await ownLane(store);
      const outcomes = new Set<string>();
      for (let n = 1; n <= 6; n++) {
        const step = { nextOffset: n, states: [stateWrite("k", String(n).repeat(200_000))] };
        const first = owner.commit(step).catch((error: { code: string }) => error.code);
        await new Promise((resolve) => setTimeout(resolve, n));
        await server.crash();
        const said = await first;
        await server.restart();
        outcomes.add(typeof said === "string" ? said : said.kind);
        if (typeof said === "string") expect(await owner.commit(step)).toEqual({ kind: "committed" });
        expect((await textOf(store, owner, "k"))!.length).toBe(200_000);
      }
      expect([...outcomes].every((one) => one === "committed" || one === "STORE_UNAVAILABLE")).toBe(true);
      await store.close();
    });

    test("a schema of a newer program is refused", async () => {
      const url = await get().database();
      const store = createPostgresStore({ url });
      await store.open();
      const admin = new pg.Client({ connectionString: url });
      await admin.connect();
      await admin.query("insert into tidegauge.schema_version (version) values (999)");
      await admin.end();
      const later = createPostgresStore({ url });
      await expect(later.open()).rejects.toMatchObject({ code: "STORE_SCHEMA", details: { found: 999 } });
      await Promise.all([store.close(), later.close()]);
    });

    test("members that start at once migrate once", async () => {
      const url = await get().database();
      const stores = Array.from({ length: 4 }, () => createPostgresStore({ url }));
      await Promise.all(stores.map((store) => store.open()));
      const name = laneName({ monitor: freshName("m") });
      const claims = await Promise.all(stores.map((store) => store.claim(name, null)));
      expect(claims.map((claim) => claim.epoch).sort()).toEqual([1, 2, 3, 4]);
      await Promise.all(stores.map((store) => store.close()));
    });
  });
}

function rewriting(get: () => TestPostgres): void {
  test("a table whose states are rewritten all the time keeps its size", async () => {
    const url = await get().database();
    const store = createPostgresStore({ url });
    await store.open();
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query("alter table tidegauge.state set (autovacuum_enabled = false)");
    const owner = await ownLane(store);
    /** Two versions of such a row find no place on one page. */
    const rewrite = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        const states = Array.from({ length: 20 }, (_, i) => ({
          ...stateWrite(`k${i}`, "x"),
          blob: Buffer.alloc(5_000, `${i} ${round} `),
        }));
        expect(await owner.commit({ states })).toEqual({ kind: "committed" });
      }
      const { rows } = await admin.query("select pg_relation_size('tidegauge.state')::int as bytes");
      return rows[0].bytes as number;
    };
    const tidied = async () => {
      await store.tidy();
      const { rows } = await admin.query(
        "select vacuum_count::int as count from pg_stat_all_tables where relid = 'tidegauge.state'::regclass",
      );
      return rows[0].count as number;
    };
    const first = await rewrite(100);
    expect(first).toBeGreaterThan(5_000_000);
    // The server tells its counts some seconds late.
    await expect.poll(tidied, { timeout: 60_000, interval: 500 }).toBe(1);
    expect(await rewrite(100)).toBeLessThan(1.1 * first);
    expect([...(await store.loadStates(owner.claim.lane, ["k7"]))][0]!.blob).toEqual(Buffer.alloc(5_000, "7 99 "));
    await admin.end();
    await store.close();
  }, 90_000);
}

function plans(get: () => TestPostgres): void {
  test("states and parts are looked up one by one, also by plans that were made while there was none", async () => {
    const url = await get().database();
    const store = createPostgresStore({ url });
    await store.open();
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    onTestFinished(() => admin.end());
    for (const table of ["state", "part", "part_use"])
      await admin.query(`alter table tidegauge.${table} set (autovacuum_enabled = false)`);
    const owner = await ownLane(store);
    const { lane } = owner.claim;
    const partOf = (i: number) => makePart(Buffer.from(`part ${i}`));
    const write = (from: number, count: number) =>
      owner.commit({
        states: Array.from({ length: count }, (_, i) => {
          const part = partOf(from + i);
          return stateWrite(`k${from + i}`, "1", { parts: [part.hash], newParts: [part] });
        }),
      });
    /** Each reads ten states and gives up ten parts, often enough for the server to keep a plan. */
    const use = async (from: number) => {
      for (let i = from; i < from + 200; i += 10) {
        const keys = Array.from({ length: 10 }, (_, j) => i + j);
        const states = await store.loadStates(
          lane,
          keys.map((k) => `k${k}`),
        );
        expect(states.map(({ parts }) => parts.length)).toEqual(Array(10).fill(1));
        const done = await owner.commit({
          states: keys.map((k) => stateWrite(`k${k}`, "2", { dropParts: [partOf(k).hash] })),
        });
        expect(done).toEqual({ kind: "committed" });
      }
    };
    await write(0, 200);
    await use(0);
    for (let from = 200; from < 4_200; from += 1_000) await write(from, 1_000);
    await use(200);
    await store.close();
    const read = async () => {
      const { rows } = await admin.query(
        "select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname in ('state', 'part', 'part_use')",
      );
      return rows[0].read as number;
    };
    // 4,200 states written, 400 of them read and written again, with a part each: some 18,000. Otherwise over a million.
    // The server tells its counts when a connection ends.
    await expect.poll(read, { timeout: 60_000, interval: 200 }).toBeGreaterThan(1_000);
    expect(await read()).toBeLessThan(60_000);
  });
}
