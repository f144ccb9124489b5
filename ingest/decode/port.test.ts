import { expect, test } from "vitest";
import { z } from "zod";
import type { Decode } from "../../engine/decode.ts";
import { createDecoder } from "./decoder.ts";

test("a decoder fits the engine's port", () => {
  const decode: Decode = createDecoder({ event: z.strictObject({ value: z.number() }) });
  expect(decode({ offset: 0, key: null, value: Buffer.from('{"value":1}'), time: 5 })).toMatchObject({ time: 5 });
});
