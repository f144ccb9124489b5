import { expect, test } from "vitest";
import { everyBackend } from "./every-backend.ts";
import { use } from "./tfjs.ts";
import { openWebgpu } from "./webgpu.ts";

const there = (await everyBackend()).found.some(({ name }) => name.startsWith("webgpu"));

test.runIf(there)("an error that the device tells later stops what comes after it", { timeout: 240_000 }, async () => {
  const opened = await openWebgpu();
  use(opened);
  const { device } = opened.tf.backend() as unknown as { device: { createShaderModule(code: { code: string }): void } };
  device.createShaderModule({ code: "this is no shader" });
  await expect
    .poll(
      () => {
        try {
          return use(opened);
        } catch (error) {
          return (error as Error).message;
        }
      },
      { timeout: 120_000 },
    )
    .toMatch(/^Compute backend webgpu failed: /);
});
