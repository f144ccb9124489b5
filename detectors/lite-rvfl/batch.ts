import type { ModelBank, ModelSums, ModelUpdate, Slot, Solved } from "../../engine/model-bank.ts";

/** A piece of work for a bank and what is done with its answer. */
export interface Task {
  readonly bank: ModelBank;
  readonly update: ModelUpdate;
  readonly apply: (solved: Solved) => void;
}

export interface Copy {
  readonly bank: ModelBank;
  readonly from: Slot;
  readonly to: Slot;
}

type Maybe = void | Promise<void>;

/** Round after round, until one is empty; each round is one batched call of each bank. Promises only where a bank has them. */
export function rounds(next: () => readonly Task[]): Maybe {
  for (;;) {
    const tasks = next();
    if (tasks.length === 0) return;
    const waiting = perBank(tasks, (bank, own) =>
      chain(bank.update(own.map((task) => task.update)), (solved: readonly Solved[]) => {
        own.forEach((task, i) => {
          task.apply(solved[i]!);
        });
      }),
    );
    if (waiting) return waiting.then(() => rounds(next));
  }
}

/** Makes models equal to others. */
export function copyModels(copies: readonly Copy[]): Maybe {
  return perBank(copies, (bank, own) =>
    chain(bank.read(own.map((copy) => copy.from)), (sums: readonly ModelSums[]) => {
      own.forEach((copy, i) => {
        bank.write(copy.to, sums[i]!);
      });
    }),
  );
}

function perBank<T extends { readonly bank: ModelBank }>(
  items: readonly T[],
  work: (bank: ModelBank, own: readonly T[]) => Maybe,
): Maybe {
  const banks = new Set(items.map(({ bank }) => bank));
  const waiting: Promise<void>[] = [];
  for (const bank of banks) {
    const made = work(bank, banks.size === 1 ? items : items.filter((item) => item.bank === bank));
    if (made) waiting.push(made);
  }
  if (waiting.length > 0) return Promise.all(waiting).then(() => undefined);
}

export function chain<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
