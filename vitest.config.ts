import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{ingest,detectors,engine,adapters,dashboards,cli,test,examples,bench}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
