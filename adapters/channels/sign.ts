import { createHmac } from "node:crypto";
import { TidegaugeError } from "../../engine/errors.ts";

/** Standard Webhooks: `v1,base64(HMAC-SHA256(id.timestamp.body))`, one for each secret, so that receivers can rotate. */
export function signature(secrets: readonly Uint8Array[], id: string, timestamp: number, body: string): string {
  const content = `${id}.${timestamp}.${body}`;
  return secrets.map((secret) => `v1,${createHmac("sha256", secret).update(content).digest("base64")}`).join(" ");
}

/** `whsec_` and base64, as the standard writes secrets; any other text stands for its own bytes. */
export function secretBytes(secret: string, where: string): Uint8Array {
  if (!secret.startsWith(PREFIX)) {
    if (secret === "") throw invalid(where, "the secret is empty");
    return Buffer.from(secret, "utf8");
  }
  const text = secret.slice(PREFIX.length);
  const bytes = Buffer.from(text, "base64");
  const again = bytes.toString("base64").replace(/=+$/, "");
  if (bytes.length === 0 || again !== text.replace(/=+$/, "")) throw invalid(where, "the secret is not base64");
  return bytes;
}

const PREFIX = "whsec_";

function invalid(where: string, what: string): TidegaugeError {
  return new TidegaugeError("CONFIG_INVALID", {
    where,
    what,
    fix: "Give `whsec_` and base64 of random bytes, or any other text",
  });
}
