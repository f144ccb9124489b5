import { isIP } from "node:net";
import { hostname } from "node:os";

/**
 * DNS rebinding: a stranger's page gets its own name to point at this address, and then reads and writes here as its own
 * origin. Its requests carry its name, which must be one that only people of this network can have.
 */
export function isKnownHost(header: string | undefined, allowed: readonly string[]): boolean {
  const name = hostOf(header);
  if (name === null) return false;
  const bare = name.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return true;
  // One label, or an ending that nobody can register.
  if (!name.includes(".") || /\.(localhost|local|internal)$/.test(name)) return true;
  return name === hostname().toLowerCase() || allowed.some((a) => a.toLowerCase() === name);
}

/** A page of another origin must not talk to us; programs send no Origin. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  return new URL(origin).host === hostAndPort(host, new URL(origin).protocol);
}

function hostOf(header: string | undefined): string | null {
  const url = `http://${header}`;
  if (!header || !/^[\w.:[\]-]+$/.test(header) || !URL.canParse(url)) return null;
  return new URL(url).hostname.toLowerCase().replace(/\.$/, "");
}

/** As the URL of that scheme has it: without the scheme's own port. */
function hostAndPort(header: string | undefined, protocol: string): string | null {
  const url = `${protocol}//${header}`;
  return header && URL.canParse(url) ? new URL(url).host : null;
}
