import type { ModelBank, ModelSpec, ModelSums, Slot } from "../../engine/model-bank.ts";

interface GrowingSlot extends Slot {
  readonly spec: ModelSpec;
  inner: Slot;
}

/**
 * Few models are updated faster by the CPU, many by a device: this bank begins with `few` and moves to `many` for good when it
 * holds more than `most` numbers, S·D². `few` answers at once, without promises.
 */
export function createGrowingBank(few: ModelBank, many: () => ModelBank, most: number): ModelBank {
  const { features } = few;
  let bank = few;
  const slots = new Set<GrowingSlot>();
  const grow = (): void => {
    const all = [...slots];
    const sums = few.read(all.map(({ inner }) => inner)) as readonly ModelSums[];
    bank = many();
    all.forEach((slot, i) => {
      slot.inner = bank.open(slot.spec);
      bank.write(slot.inner, sums[i]!);
    });
    few.dispose();
  };
  const inner = (slot: Slot): Slot => (slot as GrowingSlot).inner;
  return {
    features,
    precision: "float32",
    open(spec): GrowingSlot {
      if (bank === few && (slots.size + 1) * features ** 2 > most) grow();
      const slot = { bank: "growing", spec, inner: bank.open(spec) };
      slots.add(slot);
      return slot;
    },
    close(slot) {
      slots.delete(slot as GrowingSlot);
      bank.close(inner(slot));
    },
    widen: (slot, outputs) => bank.widen(inner(slot), outputs),
    update: (batch) => bank.update(batch.map((one) => ({ ...one, slot: inner(one.slot) }))),
    read: (asked) => bank.read(asked.map(inner)),
    write: (slot, sums) => bank.write(inner(slot), sums),
    dispose() {
      slots.clear();
      bank.dispose();
    },
  };
}
