import { describe, expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Model, Outcome } from "../../engine/detector.ts";
import { fixedFeatures, STREAMS, type StreamName } from "../learners/streams.ts";
import type { RvflEvent } from "./event.ts";
import { openModel } from "./model.ts";
import { options } from "./options.ts";
import type { State } from "./state.ts";

/** Prequential accuracy from event 200 on, as it was measured with these nodes. */
const ACCURACY: Record<StreamName, number> = { sea: 0.8688, sine: 0.943, hyper: 0.8608, gauss: 0.8015 };
const CHANGES = [2500, 5000, 7500];

function open(given: Record<string, unknown> = {}): Model<RvflEvent, State> {
  const settings = { options: options.parse(given), reference: null, promise: null, seed: 1 };
  return openModel(settings, { tensors: createTensors("auto"), embedder: { kind: "none" } }, fixedFeatures);
}

function give(model: Model<RvflEvent, State>, state: State, event: RvflEvent): Outcome {
  return (model.step([{ state, event, time: null }]) as readonly Outcome[])[0]!;
}

describe.each(Object.keys(ACCURACY) as StreamName[])("the stream %s", (name) => {
  test("is followed as well as measured, its changes found and dated", () => {
    const { x, y } = STREAMS[name](42);
    const model = open();
    const state = model.init("k");
    const alarms: number[] = [];
    x.forEach((row, i) => {
      for (const s of give(model, state, { x: [...row], y: String(y[i]) }).signals) {
        if (s.kind === "drift") alarms.push(i);
      }
    });
    expect(model.prequential!()!.accuracy).toBeGreaterThanOrEqual(ACCURACY[name] - 0.005);
    const found = CHANGES.map((c) => alarms.find((i) => i >= c && i < c + 1000));
    if (name !== "sea") expect(found).not.toContain(undefined);
    expect(alarms.filter((i) => i < CHANGES[0]!)).toEqual([]);
  });
});
