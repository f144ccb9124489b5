import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Access } from "./route.ts";

export interface TokenSettings {
  /** Two during a rotation. None: whoever reaches the address may do everything. */
  readonly token?: string | readonly string[];
  /** May read and not change. */
  readonly readToken?: string | readonly string[];
}

export interface Tokens {
  readonly wanted: boolean;
  /** Of an Authorization header and a Cookie header. */
  access(authorization: string | undefined, cookie: string | undefined): Access;
  /** By the Authorization header alone: a browser never sends that to a stranger's page. */
  bearer(authorization: string | undefined): boolean;
  /** The cookie's value for a token, or null when the token is none of ours. */
  exchange(token: string): { readonly access: Access; readonly value: string } | null;
}

export const COOKIE = "tidegauge";

interface Known {
  readonly access: Access;
  readonly digest: Buffer;
  readonly cookie: string;
}

export function createTokens({ token, readToken }: TokenSettings): Tokens {
  const known = [...listOf(token).map((t) => knownOf(t, "write")), ...listOf(readToken).map((t) => knownOf(t, "read"))];
  const wanted = known.length > 0;
  const byToken = (text: string): Known | null => find(known, digest(text), (k) => k.digest);
  const byCookie = (text: string): Known | null => find(known, digest(text), (k) => digest(k.cookie));
  const bearerOf = (authorization: string | undefined): Known | null => {
    const found = /^Bearer +(\S+)\s*$/i.exec(authorization ?? "");
    return found ? byToken(found[1]!) : null;
  };
  return {
    wanted,
    access(authorization, cookie) {
      if (!wanted) return "write";
      const value = cookieOf(cookie);
      return (bearerOf(authorization) ?? (value === null ? null : byCookie(value)))?.access ?? "none";
    },
    bearer: (authorization) => bearerOf(authorization) !== null,
    exchange(text) {
      const found = byToken(text);
      return found && { access: found.access, value: found.cookie };
    },
  };
}

/** The cookie is not the token: who reads it from a disk cannot use it as a token, and a new token ends it. */
function knownOf(token: string, access: Access): Known {
  const cookie = createHmac("sha256", token).update("tidegauge session").digest("base64url");
  return { access, digest: digest(token), cookie };
}

/** Every one is compared, in constant time, whichever it is. */
function find(known: readonly Known[], given: Buffer, of: (known: Known) => Buffer): Known | null {
  let found: Known | null = null;
  for (const candidate of known) {
    if (timingSafeEqual(given, of(candidate)) && found === null) found = candidate;
  }
  return found;
}

function cookieOf(header: string | undefined): string | null {
  for (const part of (header ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === COOKIE && value) return value;
  }
  return null;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}
