import type { Decoded } from "./decode.ts";
import type { Model, Snapshot } from "./detector.ts";
import { TidegaugeError } from "./errors.ts";

/** Begins a key's state: taught what is normal, where something beside its stream is there to teach it. */
export interface Teacher {
  /** `plain`: the key as events name it. Rejects with a retryable error while the encoder does not answer. */
  begin(key: string, plain: string): Promise<unknown>;
}

/** An event that teaches, and where it stands, for errors. */
export interface Lesson extends Decoded {
  readonly where: string;
}

export interface Lessons {
  /** How many there are for a key; 0: it learns from its own stream. */
  count(key: string): number;
  /** In their order. */
  read(key: string): Promise<readonly Lesson[]>;
}

/** Opens the detector so that it learns from exactly so many events. */
export type OpenLearner = (first: number) => Model | Promise<Model>;

/** Each key is taught by the lessons that name it, when its first event comes. */
export function teachEach(model: Model, open: OpenLearner, lessons: Lessons): Teacher {
  return {
    async begin(key, plain) {
      const count = lessons.count(plain);
      if (count === 0) return model.init(key);
      return adopt(model, key, await teach(await open(count), key, await lessons.read(plain)));
    },
  };
}

/** Names what all keys share: their reference is the same to the bit, and kept once. */
const SHARED = "reference";

/** Every key begins with one lesson, learnt once from all of them: now with learn(), else when the first key comes. */
export function teachAll(
  model: Model,
  open: OpenLearner,
  read: () => Promise<readonly Lesson[]>,
): Teacher & { learn(): Promise<void> } {
  let learnt: Snapshot | null = null;
  const learn = async (): Promise<Snapshot> => {
    if (learnt !== null) return learnt;
    const lessons = await read();
    learnt = await teach(await open(lessons.length), SHARED, lessons);
    return learnt;
  };
  return {
    async learn() {
      await learn();
    },
    begin: async (key) => adopt(model, key, await learn()),
  };
}

/** Events prepared at once. */
const SLICE = 256;

async function teach(model: Model, key: string, lessons: readonly Lesson[]): Promise<Snapshot> {
  const state = model.init(key, lessons.length);
  try {
    for (let from = 0; from < lessons.length; from += SLICE) {
      const slice = lessons.slice(from, from + SLICE);
      const items = slice.map(({ event, time }) => ({ state, event, time }));
      const prepared = (await model.prepare?.(items)) ?? [];
      for (const [i, item] of items.entries()) {
        const [outcome] = await model.step([{ ...item, prepared: prepared[i] }]);
        if (outcome?.reject === undefined) continue;
        const detail = outcome.reject.detail.replace(/\.$/, "");
        throw new TidegaugeError("REFERENCE_UNUSABLE", { file: slice[i]!.where, why: detail, fix: "Mend the line" });
      }
    }
    const [snapshot] = await model.save([state]);
    return snapshot!;
  } finally {
    model.close?.();
  }
}

async function adopt(model: Model, key: string, learnt: Snapshot): Promise<unknown> {
  const [state] = await model.load([learnt]);
  model.begin?.(state, key);
  return state;
}
