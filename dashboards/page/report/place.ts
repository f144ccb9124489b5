import { useEffect, useState } from "preact/hooks";

/** A file has no addresses of its own but what follows the #. */
export interface PlaceInFile {
  readonly key: string | null;
  readonly episode: string | null;
}

export function usePlaceInFile(): PlaceInFile {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const update = () => setPlace(read());
    addEventListener("hashchange", update);
    return () => removeEventListener("hashchange", update);
  }, []);
  return place;
}

export function placeInFile(key: string, episode?: string): string {
  const query = new URLSearchParams({ key, ...(episode === undefined ? {} : { episode }) });
  return `#${query}`;
}

function read(): PlaceInFile {
  const query = new URLSearchParams(location.hash.slice(1));
  return { key: query.get("key"), episode: query.get("episode") };
}
