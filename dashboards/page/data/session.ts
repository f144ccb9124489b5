import type { Session } from "../../../adapters/http/types.ts";
import { type Answer, get, post } from "./api.ts";
import { createStore } from "./store.ts";

/** What this reader may do. Until it is known, nothing that changes state is offered. */
export const session = createStore<Session | null>(null);

export async function loadSession(): Promise<void> {
  const answer = await get<Session>("/session");
  // Where it cannot be told, actions are offered and the service's refusal is shown.
  session.set(answer.kind === "ok" ? answer.value : { access: "write", tokenWanted: false });
}

/** Exchanges the token for a cookie; null when it worked, else why not. */
export async function signIn(token: string): Promise<string | null> {
  const answer: Answer<Session> = await post<Session>("/session", { token });
  if (answer.kind === "failed") return answer.status === 401 ? "This token is not the service's." : answer.message;
  await loadSession();
  return null;
}

/** Why this reader cannot change anything, or null. */
export function readOnlyReason(known: Session | null): string | null {
  if (known === null) return "Not known yet whether you may change this.";
  if (known.access === "write") return null;
  return known.tokenWanted ? "Read only: sign in with the service's token to do this." : "Read only.";
}
