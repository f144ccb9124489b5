import { useEffect, useRef } from "preact/hooks";
import { go } from "../router.tsx";

const KEYS: readonly (readonly [string, string])[] = [
  ["?", "Show these shortcuts"],
  ["o", "Overview"],
  ["a", "Alarms"],
  ["s", "Signals"],
  ["/", "Search"],
  ["← →", "In a chart: move along the events (with Shift: ten at a time)"],
  ["Home End", "In a chart: first and last event shown"],
  ["+ −", "In a chart: show less or more around the cursor"],
  ["Esc", "In a chart: show everything again"],
];

/** One key each, never while typing. */
export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || dialog.current?.open) return;
      const search = document.querySelector<HTMLElement>("input[type=search]");
      if (event.key === "?") dialog.current?.showModal();
      else if (event.key === "o") go("/");
      else if (event.key === "a") go("/alarms");
      else if (event.key === "s") go("/signals");
      else if (event.key === "/" && search !== null) search.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="shortcuts-title">
      <h2 id="shortcuts-title">Keyboard shortcuts</h2>
      <dl class="shortcuts">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  );
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}
