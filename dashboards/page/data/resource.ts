import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, get } from "./api.ts";

export interface Resource<T> {
  /** The newest good answer for this address, kept while a fresh one is on its way. */
  readonly value: T | null;
  readonly failure: { readonly status: number; readonly message: string } | null;
  readonly reload: () => void;
}

interface Held<T> {
  readonly address: string | null;
  readonly value: T | null;
  readonly failure: Resource<T>["failure"];
}

const LEAST_MS = 1_000;
/** What was not answered at all is asked for again. */
const AGAIN_MS = 5_000;

/** Fetches an address, and again when `tick` changes: one request at a time, at most one a second, none for a hidden tab. */
export function useResource<T>(address: string | null, tick: unknown = 0): Resource<T> {
  const [held, setHeld] = useState<Held<T>>({ address: null, value: null, failure: null });
  const loader = useRef<Loader | null>(null);

  useEffect(() => {
    if (address === null) return;
    const mine = startLoader<T>(address, (answer) =>
      setHeld((before) => ({
        address,
        value: answer.kind === "ok" ? answer.value : before.address === address ? before.value : null,
        failure: answer.kind === "ok" ? null : { status: answer.status, message: answer.message },
      })),
    );
    loader.current = mine;
    return () => mine.stop();
  }, [address]);

  useEffect(() => loader.current?.request(), [address, tick]);

  const current = held.address === address ? held : null;
  return {
    value: current?.value ?? null,
    failure: current?.failure ?? null,
    reload: () => loader.current?.request(),
  };
}

interface Loader {
  request(): void;
  stop(): void;
}

function startLoader<T>(address: string, take: (answer: Answer<T>) => void): Loader {
  const abort = new AbortController();
  let startedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let again = false;

  const request = () => {
    if (busy || document.hidden) {
      again = true;
      return;
    }
    if (timer !== undefined) return;
    timer = setTimeout(load, Math.max(0, startedAt + LEAST_MS - Date.now()));
  };
  const load = async () => {
    timer = undefined;
    busy = true;
    again = false;
    startedAt = Date.now();
    const answer = await get<T>(address, abort.signal);
    busy = false;
    if (abort.signal.aborted) return;
    take(answer);
    if (again) request();
    else if (answer.kind === "failed" && answer.status === 0) timer = setTimeout(retry, AGAIN_MS);
  };
  const retry = () => {
    timer = undefined;
    request();
  };
  const seen = () => {
    if (!document.hidden && again) request();
  };
  document.addEventListener("visibilitychange", seen);
  return {
    request,
    stop() {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
