import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Link } from "../router.tsx";

/** What is wrong, in a sentence, and a way on. */
export function Problem({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  return (
    <section class="problem">
      <svg viewBox="0 0 120 48" width="120" height="48" aria-hidden="true">
        <path d="M4 24c9-14 19-14 28 0s19 14 28 0 19-14 28 0 19 14 28 0" />
      </svg>
      <h1>{title}</h1>
      <p>{children}</p>
      <Link to="/" class="button">
        Go to the overview
      </Link>
    </section>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Tidegauge" : `${title} · Tidegauge`;
  }, [title]);
}
