import { useRef, useState } from "preact/hooks";
import { refreshOverview } from "../data/live.ts";
import { signIn } from "../data/session.ts";

/** Asks for the service's token once; the service answers with a cookie, the page keeps nothing. */
export function SignIn({ prominent = false }: { prominent?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const why = await signIn(token);
    setWrong(why);
    if (why !== null) return;
    setToken("");
    dialog.current?.close();
    refreshOverview();
  };
  return (
    <>
      <button
        type="button"
        class={`button ${prominent ? "primary" : "plain"}`}
        onClick={() => dialog.current?.showModal()}
      >
        Sign in
      </button>
      <dialog ref={dialog} class="sheet" aria-label="Sign in">
        <form class="ask" onSubmit={submit}>
          <h2>Sign in</h2>
          <label>
            The service's token
            <input
              class="field"
              type="password"
              autocomplete="current-password"
              required
              value={token}
              onInput={(event) => setToken(event.currentTarget.value)}
            />
          </label>
          <p role="alert" class="wrong">
            {wrong}
          </p>
          <div class="ask-buttons">
            <button type="button" class="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" class="button primary">
              Sign in
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
