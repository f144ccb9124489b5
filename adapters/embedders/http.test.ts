import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TidegaugeError } from "../../engine/errors.ts";
import { type FakeServer, type Mischief, send, startFakeServer, vectorOf } from "./fake-server.ts";
import { PROBE } from "./fingerprint.ts";
import { type HttpWish, openHttpEmbedder } from "./http.ts";

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.stop());

const open = (wish: Partial<HttpWish> = {}) =>
  openHttpEmbedder({
    url: server.url,
    model: "m",
    apiKey: () => null,
    dim: null,
    batch: 3,
    timeoutMs: 3_000,
    attempts: 3,
    cacheTexts: 10,
    backoffMs: 1,
    ...wish,
  });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: TidegaugeError) => `${error.code}${error.retryable ? " retryable" : ""}`,
  );

function unit(text: string, dim = 8): number[] {
  const vector = vectorOf(text, dim);
  const length = Math.hypot(...vector);
  return vector.map((v) => v / length);
}

test("gives unit vectors in the order of the texts, however the server orders them", async () => {
  const embedder = await open();
  expect(embedder).toMatchObject({ kind: "external", identity: "http m", dim: 8 });
  const texts = ["one", "two", "three", "four", "one"];
  const out = await embedder.embed(texts);
  texts.forEach((text, i) => {
    unit(text).forEach((value, j) => {
      expect(out[i * 8 + j]).toBeCloseTo(value, 6);
    });
  });
});

test("asks in batches, each text once, and remembers the last ones", async () => {
  const embedder = await open({ dim: 8 });
  await embedder.embed(["a", "b", "a", "c", "d", "e"]);
  expect(server.asked.map(({ input }) => input)).toEqual([
    ["a", "b", "c"],
    ["d", "e"],
  ]);
  await embedder.embed(["e", "a", "f"]);
  expect(server.asked.at(-1)!.input).toEqual(["f"]);
  await embedder.embed(Array.from({ length: 12 }, (_, i) => `x${i}`));
  server.asked.length = 0;
  await embedder.embed(["a", "x11"]);
  expect(server.asked.map(({ input }) => input)).toEqual([["a"]]);
});

test("sends the key of the moment and no key where there is none", async () => {
  let key: string | null = null;
  const embedder = await open({ apiKey: () => key });
  key = "new";
  await embedder.embed(["a"]);
  expect(server.asked.map(({ authorization }) => authorization)).toEqual([undefined, "Bearer new"]);
});

test("takes base64 vectors and sends a blank in place of an empty text", async () => {
  server.always = ({ input }, response) => {
    const data = input.map((text, index) => ({
      index,
      embedding: Buffer.from(Float32Array.from(vectorOf(text, 8)).buffer).toString("base64"),
    }));
    send(response, 200, { data });
    return true;
  };
  const embedder = await open();
  const out = await embedder.embed([""]);
  expect(server.asked.at(-1)!.input).toEqual([" "]);
  expect(out[0]).toBeCloseTo(unit(" ")[0]!, 6);
});

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Mischief {
  return (_, response) => {
    send(response, status, body, headers);
    return true;
  };
}

const nonsense: Record<string, Mischief> = {
  "a server error": answering(503, "{}"),
  "too many requests": answering(429, "{}", { "retry-after": "0" }),
  "a refused key": answering(401, "{}"),
  "no JSON": answering(200, "<html>"),
  "no list": answering(200, { data: 7 }),
  "too few vectors": answering(200, { data: [] }),
  "a vector twice": ({ input }, response) => {
    send(response, 200, { data: input.map((text) => ({ index: 0, embedding: vectorOf(text, 8) })) });
    return input.length > 1;
  },
  "numbers that are none": ({ input }, response) => {
    send(response, 200, { data: input.map((_, index) => ({ index, embedding: [null, "a"] })) });
    return true;
  },
  "zero vectors": ({ input }, response) => {
    send(response, 200, { data: input.map((_, index) => ({ index, embedding: new Array(8).fill(0) })) });
    return true;
  },
  "a cut connection": (_, response) => {
    response.socket!.destroy();
    return true;
  },
  silence: () => true,
};

describe.each(Object.entries(nonsense))("%s", (_name, mischief) => {
  test("is tried again and does no harm", async () => {
    const embedder = await open({ dim: 8 });
    server.next.push(mischief, mischief);
    const out = await embedder.embed(["a", "b"]);
    expect(out[0]).toBeCloseTo(unit("a")[0]!, 6);
    expect(server.asked.length).toBe(3);
  });

  test("that lasts is told as passing, and nothing is made up", async () => {
    const embedder = await open({ dim: 8, timeoutMs: 500 });
    server.always = mischief;
    expect(await codeOf(embedder.embed(["a", "b"]))).toBe("EMBEDDER_UNAVAILABLE retryable");
    server.always = null;
    expect((await embedder.embed(["a"]))[0]).toBeCloseTo(unit("a")[0]!, 6);
  });
});

test("what will never be answered is told for good", async () => {
  const embedder = await open({ dim: 8 });
  server.next.push(answering(400, "{}"));
  expect(await codeOf(embedder.embed(["a"]))).toBe("EMBEDDER_REFUSED");
  expect(server.asked.length).toBe(1);
});

test("vectors of another dimension are refused for good, never cut or padded", async () => {
  expect(await codeOf(open({ dim: 5 }).then((embedder) => embedder.embed(["a"])))).toBe("EMBEDDER_CHANGED");
  const embedder = await open();
  server.dim = 9;
  expect(await codeOf(embedder.embed(["a"]))).toBe("EMBEDDER_CHANGED");
});

test("a batch that is too large is halved", async () => {
  const embedder = await open({ dim: 8, batch: 8 });
  server.always = ({ input }, response) => {
    if (input.length <= 2) return false;
    send(response, 413, "{}");
    return true;
  };
  const texts = ["a", "b", "c", "d", "e"];
  const out = await embedder.embed(texts);
  texts.forEach((text, i) => {
    expect(out[i * 8]).toBeCloseTo(unit(text)[0]!, 6);
  });
});

test("comes again when the server said, not before", async () => {
  const embedder = await open({ dim: 8 });
  server.next.push(answering(429, "{}", { "retry-after": "1" }));
  await embedder.embed(["a"]);
  const [first, second] = server.asked;
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(990);
});

test("closing ends a wait", async () => {
  const embedder = await open({ dim: 8, timeoutMs: 60_000 });
  server.always = () => true;
  const asking = codeOf(embedder.embed(["a"]));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await embedder.close();
  expect(await asking).toBe("EMBEDDER_UNAVAILABLE retryable");
});

test("other weights under the same name are refused until the same answer again", async () => {
  const embedder = await open({ dim: 8, weightsEveryMs: 0 });
  expect(embedder.fingerprint!()).toBeNull();
  await embedder.embed(["a", "b"]);
  expect(server.asked.map(({ input }) => input)).toEqual([[PROBE], ["a", "b"]]);
  expect(embedder.fingerprint!()![0]).toBeCloseTo(unit(PROBE)[0]!, 6);
  server.weights = 1;
  expect(await codeOf(embedder.embed(["c"]))).toBe("EMBEDDER_WEIGHTS");
  expect(await codeOf(embedder.embed(["c"]))).toBe("EMBEDDER_WEIGHTS");
  server.weights = 0;
  expect((await embedder.embed(["c"]))[0]).toBeCloseTo(unit("c")[0]!, 6);
});

test("weights are asked for again only after their time", async () => {
  const embedder = await open({ dim: 8, weightsEveryMs: 3_600_000 });
  for (const text of ["a", "b", "c"]) await embedder.embed([text]);
  expect(server.asked.filter(({ input }) => input[0] === PROBE)).toHaveLength(1);
});
