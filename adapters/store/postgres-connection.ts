import pg from "pg";
import { storeError } from "./postgres-errors.ts";

export interface ConnectionOptions {
  readonly connectionString: string;
  readonly ssl?: boolean | Readonly<Record<string, unknown>>;
  /** A statement that takes longer is cancelled; half as long again and the connection is given up. */
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly connections?: number;
}

/** A statement with its parameters. A name keeps its plan in the connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export type Row = Readonly<Record<string, unknown>>;

export interface Result {
  readonly rows: readonly Row[];
  readonly count: number;
  readonly command: string;
}

export interface Database {
  /** One statement, its own transaction. Rejects STORE_UNAVAILABLE where trying again can help. */
  query(statement: Statement): Promise<Result>;
  /** All statements sent at once over one connection; one outcome each, in order. Rejects only without a connection. */
  pipeline(statements: readonly Statement[]): Promise<readonly PromiseSettledResult<Result>[]>;
  /** Statements that need each other's answers, over one connection in one transaction; they may take their time. */
  transaction<T>(work: (query: (statement: Statement) => Promise<Result>) => Promise<T>): Promise<T>;
  /** A connection of its own, outside the pool. */
  dedicated(): pg.Client;
  close(): Promise<void>;
}

const UNHURRIED_MS = 6 * 3_600_000;

export function connect(options: ConnectionOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 60_000;
  const settings: pg.PoolConfig = {
    connectionString: options.connectionString,
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    application_name: "tidegauge",
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    // The socket of a host that vanished never says so.
    query_timeout: statementTimeoutMs * 1.5,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...settings,
    max: options.connections ?? 8,
    idleTimeoutMillis: 60_000,
    ...{ pipeline: true },
  });
  // A connection that breaks fails its statements and leaves the pool; the next call opens another. The listener is on
  // every connection from its first moment: an error that nobody listens to would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));

  return {
    query: (statement) => withClient(pool, (client) => run(client, statement)),
    pipeline: (statements) =>
      withClient(pool, (client) => Promise.allSettled(statements.map((statement) => run(client, statement)))),
    transaction: (work) =>
      withClient(pool, async (client) => {
        await run(client, { text: "begin" });
        await run(client, { text: "set local statement_timeout = 0" });
        const result = await work((statement) => run(client, statement, UNHURRIED_MS));
        await run(client, { text: "commit" });
        return result;
      }),
    dedicated: () => new pg.Client(settings),
    close: () => pool.end(),
  };
}

/** A connection on which anything failed is not used again: its transaction ends with it. */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeError(error);
  }
  try {
    const result = await work(client);
    client.release(hasFailure(result));
    return result;
  } catch (error) {
    client.release(true);
    throw storeError(error);
  }
}

async function run(client: pg.ClientBase, statement: Statement, timeoutMs?: number): Promise<Result> {
  const result = await client.query({
    ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
    text: statement.text,
    ...(statement.name === undefined ? {} : { name: statement.name }),
    ...(statement.values === undefined ? {} : { values: [...statement.values] }),
  });
  return { rows: result.rows as Row[], count: result.rowCount ?? 0, command: result.command };
}

function hasFailure(result: unknown): boolean {
  return Array.isArray(result) && result.some((one) => (one as { status?: string }).status === "rejected");
}
