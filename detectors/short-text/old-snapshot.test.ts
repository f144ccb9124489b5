import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import type { Model, Outcome, Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { stream } from "./simulated.ts";
import type { State } from "./state.ts";

/** A key after 400 texts as version 3 saved it, and what version 3 said of the next 200: [index, kind, onset]. */
interface Saved {
  readonly version: number;
  readonly running: string;
  readonly parts: readonly { readonly hash: string; readonly bytes: string }[];
  readonly said: readonly (readonly [number, string, number | null])[];
}

function load(): { readonly snapshot: Snapshot; readonly said: Saved["said"] } {
  const file = new URL("./snapshot-version-3.json.gz", import.meta.url);
  const saved = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Saved;
  const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
  const parts = saved.parts.map(({ hash, bytes }) => ({ hash, bytes: bytesOf(bytes) }));
  return { snapshot: { version: saved.version, running: bytesOf(saved.running), parts }, said: saved.said };
}

function open(): Model<TextEvent, State> {
  const settings = { options: shortText.options.parse({}), reference: { first: 120 }, promise: 1000, seed: 3 };
  return shortText.open(settings, { tensors: createCpuTensors(), embedder: { kind: "none" } }) as Model<
    TextEvent,
    State
  >;
}

test("a snapshot of version 3 goes on, and to the same from what this version saves of it", () => {
  const { snapshot, said } = load();
  const [once, twice] = [false, true].map((again) => {
    const model = open();
    let [state] = model.load([snapshot]) as [State];
    if (again) [state] = model.load(structuredClone(model.save([state])) as readonly Snapshot[]) as [State];
    return stream(9, 600, 420)
      .slice(400)
      .flatMap((event, i) => {
        const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
        return outcome!.signals.map(({ kind, onset }) => [400 + i, kind, onset?.index ?? 0] as const);
      });
  });
  expect(twice).toEqual(once);
  expect(once!.map(([, kind]) => kind)).toEqual(said.map(([, kind]) => kind));
  // Later versions hold texts back from the counts, so they may differ by some events.
  once!.forEach(([index, , onset], i) => {
    expect(Math.abs(index - said[i]![0])).toBeLessThanOrEqual(5);
    expect(Math.abs(onset - said[i]![2]!)).toBeLessThanOrEqual(3);
  });
});

test("a snapshot of a later version is refused", () => {
  const { snapshot } = load();
  const later = { ...snapshot, version: shortText.version + 1 };
  expect(() => open().load([later])).toThrow(TidegaugeError);
});
