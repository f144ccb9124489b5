import type { Environment, Settings } from "../../engine/detector.ts";
import type { ModelBank } from "../../engine/model-bank.ts";
import { createFeatures, type Features } from "../learners/features.ts";
import { createTypedBank } from "../learners/typed-bank.ts";
import { type Promised, promisedBy, promisedEvents } from "../statistics/promised.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import type { Options } from "./options.ts";
import type { State } from "./state.ts";

/** What all keys of a monitor share. */
export interface Context {
  readonly options: Options;
  readonly promised: Promised;
  /** Events that scale the inputs, and labels that are learnt before anything is judged. */
  readonly first: number;
  /** Random nodes for so many inputs: the same for every key. */
  featuresFor(inputs: number): Features;
  /** Models of so many features, side by side. */
  bankFor(features: number): ModelBank;
  readonly totals: Totals;
  close(): void;
}

/** Over all keys since the model was opened. */
export interface Totals {
  classes: number;
  right: number;
  quantities: number;
  absolute: number;
  squares: number;
}

export const DEFAULT_PROMISE = 10_000;
export const DEFAULT_FIRST = 200;

export function createContext(settings: Settings<Options>, env: Environment, nodes?: Nodes): Context {
  const { options, seed } = settings;
  const features = new Map<number, Features>();
  const banks = new Map<number, ModelBank>();
  return {
    options,
    promised: promisedBy(settings, DEFAULT_PROMISE),
    first: settings.reference?.first ?? DEFAULT_FIRST,
    featuresFor(inputs) {
      const known = features.get(inputs);
      if (known) return known;
      const random = createRandom(seed, "nodes", inputs);
      const made = nodes?.(inputs) ?? createFeatures(inputs, options.groups, options.nodes, () => uniform(random));
      features.set(inputs, made);
      return made;
    },
    bankFor(length) {
      let bank = banks.get(length);
      if (!bank) {
        bank = env.tensors.modelBank?.(length) ?? createTypedBank(length);
        banks.set(length, bank);
      }
      return bank;
    },
    totals: { classes: 0, right: 0, quantities: 0, absolute: 0, squares: 0 },
    close() {
      for (const bank of banks.values()) bank.dispose();
      banks.clear();
    },
  };
}

/** For tests that need the nodes that figures were measured with. */
export type Nodes = (inputs: number) => Features;

/** Events between false alarms of each of the alarms that are on: they share the promise. Null: not known yet. */
export function perAlarm({ options, promised }: Context, state: State): number | null {
  const events = promisedEvents(promised, state.perDay);
  return events === null ? null : options.alarms === "both" ? 2 * events : events;
}
