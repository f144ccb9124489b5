import { useEffect, useState } from "preact/hooks";

export function useNarrow(px: number): boolean {
  const [query] = useState(() => matchMedia(`(max-width: ${px}px)`));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const update = () => setNarrow(query.matches);
    query.addEventListener("change", update);
    return () => query.removeEventListener("change", update);
  }, [query]);
  return narrow;
}
