/** A value that is dear to make, kept for a while; who asks while it is made waits for the same making. */
export interface Remembered<T> {
  get(): Promise<T>;
  forget(): void;
}

/** Making it takes at most a twentieth of the time: what took 1 s is kept for 20 s. */
const SHARE = 20;

export function remember<T>(keepMs: number, now: () => number, make: () => Promise<T>): Remembered<T> {
  let made: { readonly value: T; readonly until: number } | null = null;
  let making: Promise<T> | null = null;
  return {
    get() {
      if (made !== null && now() < made.until) return Promise.resolve(made.value);
      making ??= create();
      return making;
    },
    forget() {
      made = null;
      making = null;
    },
  };

  function create(): Promise<T> {
    const begun = now();
    const mine = make().then(
      (value) => {
        // Forgotten in the meantime: good for who waits, not for later.
        if (making === mine) {
          made = { value, until: now() + Math.max(keepMs, (now() - begun) * SHARE) };
          making = null;
        }
        return value;
      },
      (cause) => {
        if (making === mine) making = null;
        throw cause;
      },
    );
    return mine;
  }
}
