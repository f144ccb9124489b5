import type { Clock } from "./clock.ts";
import { TidegaugeError } from "./errors.ts";
import type { Log } from "./log.ts";

/** Tries again what may succeed later, until someone gives it up. */
export interface Patience {
  retrying<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the wait under way and every later one. */
  giveUp(): void;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

export function createPatience(monitor: string, clock: Clock, log: Log): Patience {
  let over = false;
  let leave: () => void = () => {};
  const orLeave = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      leave = () => reject(new TidegaugeError("STORE_UNAVAILABLE", { why: "the wait for it was given up" }));
      work.then(resolve, reject);
    });
  return {
    async retrying(work) {
      for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
        try {
          return await orLeave(work());
        } catch (error) {
          if (!(error instanceof TidegaugeError) || !error.retryable || over) throw error;
          log.warn(error.message, { code: error.code, monitor, retryInMs: wait });
          await orLeave(clock.sleep(wait));
        }
      }
    },
    giveUp() {
      over = true;
      leave();
    },
  };
}
