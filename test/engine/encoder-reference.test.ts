import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeServer, send, startFakeServer } from "../../adapters/embedders/fake-server.ts";
import { openHttpEmbedder } from "../../adapters/embedders/http.ts";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import { shortText } from "../../detectors/short-text/short-text.ts";
import type { State } from "../../detectors/short-text/state.ts";
import type { Model } from "../../engine/detector.ts";
import { type Lesson, teachAll, teachEach } from "../../engine/teacher.ts";

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.stop());

const LESSONS: readonly Lesson[] = Array.from({ length: 300 }, (_, i) => ({
  event: { text: `text ${i} of what is normal` },
  key: "bot",
  id: null,
  time: null,
  where: `normal.ndjson, line ${i + 1}`,
}));

/** short-text behind an endpoint, as a service opens it. */
async function openShortText(weightsEveryMs?: number) {
  const embedder = await openHttpEmbedder({
    ...{ url: server.url, model: "m", apiKey: () => null, dim: 8, batch: 64, timeoutMs: 30_000 },
    ...{ attempts: 2, cacheTexts: 1000, backoffMs: 1 },
    ...(weightsEveryMs !== undefined && { weightsEveryMs }),
  });
  const env = { tensors: createCpuTensors(), embedder };
  const settings = { options: shortText.options.parse({}), promise: 1000, seed: 1 };
  const open = (first: number) => shortText.open({ ...settings, reference: { first } }, env) as Model;
  return { open, model: open(LESSONS.length), close: () => embedder.close() };
}

test("a reference file of texts is encoded by the endpoint and learnt before the first event", async () => {
  const { open, model, close } = await openShortText();
  const teacher = teachAll(model, open, async () => LESSONS);
  await teacher.learn();
  expect(server.asked.flatMap(({ input }) => input)).toEqual(
    LESSONS.map(({ event }) => (event as { text: string }).text),
  );
  const state = (await teacher.begin("bot", "bot")) as State;
  expect(state.watch!.reference).toMatchObject({ source: "external", dim: 8, rows: 300 });
  const item = { state, event: { text: "text 7 of what is normal" }, time: null };
  const [prepared] = await model.prepare!([item]);
  const [outcome] = await model.step([{ ...item, prepared }]);
  expect(outcome!.reject).toBeUndefined();
  // Known from the file: not asked for again.
  expect(server.asked.flatMap(({ input }) => input)).toHaveLength(300);
  await close();
});

test("while the endpoint is away a key waits for its reference, and then learns the same to the bit", async () => {
  const lessons = { count: () => LESSONS.length, read: async () => LESSONS };
  const calm = await openShortText();
  const wanted = (await teachEach(calm.model, calm.open, lessons).begin("bot", "bot")) as State;
  const shaken = await openShortText();
  server.always = (_, response) => {
    send(response, 503, {});
    return true;
  };
  const teacher = teachEach(shaken.model, shaken.open, lessons);
  await expect(teacher.begin("bot", "bot")).rejects.toMatchObject({ code: "EMBEDDER_UNAVAILABLE", retryable: true });
  server.always = null;
  const state = (await teacher.begin("bot", "bot")) as State;
  const hashes = ({ watch }: State): string[] => watch!.reference.parts.map(({ hash }) => hash);
  expect(hashes(state)).toEqual(hashes(wanted));
  await Promise.all([calm.close(), shaken.close()]);
});

test("vectors of another length than the one named are refused while the file is learnt", async () => {
  const { open, model, close } = await openShortText();
  server.dim = 5;
  await expect(teachAll(model, open, async () => LESSONS).learn()).rejects.toMatchObject({ code: "EMBEDDER_CHANGED" });
  await close();
});

test.each([
  ["learning", 100],
  ["watching", 320],
])("a restarted service whose endpoint serves other weights is held back: %s", async (_, texts) => {
  const before = await openShortText(3_600_000);
  const state = before.model.init("bot") as State;
  const hear = async (model: Model, at: State, i: number) => {
    const item = { state: at, event: { text: `text ${i} of what is normal` }, time: null };
    const [prepared] = await model.prepare!([item]);
    return (await model.step([{ ...item, prepared }]))[0]!;
  };
  for (let i = 0; i < texts; i++) await hear(before.model, state, i);
  const snapshots = structuredClone(before.model.save([state])) as never[];
  server.weights = 1;
  const other = await openShortText(3_600_000);
  const [again] = (await other.model.load(snapshots)) as [State];
  await expect(hear(other.model, again, texts)).rejects.toMatchObject({ code: "EMBEDDER_WEIGHTS", retryable: false });
  server.weights = 0;
  const restored = await openShortText(3_600_000);
  const [back] = (await restored.model.load(snapshots)) as [State];
  expect((await hear(restored.model, back, texts)).reject).toBeUndefined();
  await Promise.all([before.close(), other.close(), restored.close()]);
});
