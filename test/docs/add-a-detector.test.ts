import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe } from "vitest";
import type { Detector } from "../../engine/detector.ts";
import { detectorLaws } from "../laws/detector-laws.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${root}/docs/add-a-detector.md`, "utf8");
const code = /```ts\n([\s\S]*?)```/.exec(page)![1]!;
const folder = `${root}/detectors/.from-docs`;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/range.ts`, code);
const { range } = (await import(/* @vite-ignore */ `${folder}/range.ts`)) as { range: Detector };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the detector of docs/add-a-detector.md", () => detectorLaws(range));
