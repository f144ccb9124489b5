import { TidegaugeError } from "../../engine/errors.ts";

/** Raised by the functions of the schema. */
export const FENCED = "TG001";
export const FOREIGN_KEY = "TG002";

/** What the driver throws; fields are there as the error has them. */
export interface DatabaseError {
  readonly message: string;
  readonly code?: string;
  readonly detail?: string;
  readonly severity?: string;
  readonly errors?: readonly DatabaseError[];
}

/**
 * Server answers that say "not now": connection trouble, shutdown, time-out, no resources (a full disk among them),
 * conflict with another transaction, read-only standby, system error.
 */
const PASSING = /^(08|28|53|57|58|40|25006|55P03|25P0[23]|3D000|72)/;

/** Connection trouble and passing server trouble as STORE_UNAVAILABLE; anything else is a mistake of ours, unchanged. */
export function storeError(error: unknown): unknown {
  if (error instanceof TidegaugeError) return error;
  const database = error as DatabaseError;
  if (isServerAnswer(database) && !PASSING.test(database.code!)) return error;
  return new TidegaugeError("STORE_UNAVAILABLE", { why: why(database) }, error);
}

/** True when the server itself said what became of the statement. */
export function isServerAnswer(error: DatabaseError): boolean {
  return error.severity !== undefined && error.code !== undefined;
}

/** True when the server refused for certain and the connection lives: nothing was written. */
export function isCertain(error: DatabaseError): boolean {
  return isServerAnswer(error) && error.severity === "ERROR";
}

function why(error: DatabaseError): string {
  const first = error.errors?.[0];
  if (error.message === "" && first !== undefined) return why(first);
  return (error.message || error.code || "no answer").replace(/\.$/, "");
}
