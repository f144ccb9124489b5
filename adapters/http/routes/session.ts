import { TidegaugeError } from "../../../engine/errors.ts";
import { sessionBody } from "../parameters.ts";
import { route } from "../route.ts";
import type { Tokens } from "../tokens.ts";
import { session } from "../types.ts";

/** The page's way in: it exchanges the token for a cookie that scripts cannot read and other sites cannot send. */
export function sessionRoutes(tokens: Tokens) {
  const tokenWanted = tokens.wanted;
  return [
    route({
      method: "GET",
      path: "/api/v1/session",
      summary: "What this request may do",
      access: "none",
      answer: session,
      handle: async ({ caller }) => ({ access: caller.access, tokenWanted }),
    }),
    route({
      method: "POST",
      path: "/api/v1/session",
      summary: "Exchanges the token for a cookie",
      access: "none",
      body: sessionBody,
      answer: session,
      async handle({ body, caller }) {
        if (!tokenWanted) return { access: caller.access, tokenWanted };
        const found = tokens.exchange(body.token);
        if (!found) throw new TidegaugeError("UNAUTHORIZED");
        caller.setCookie(found.value);
        return { access: found.access, tokenWanted };
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/session",
      summary: "Forgets the cookie",
      access: "none",
      answer: session,
      async handle({ caller }) {
        caller.setCookie(null);
        return { access: tokenWanted ? ("none" as const) : ("write" as const), tokenWanted };
      },
    }),
  ];
}
