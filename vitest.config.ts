import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{ingest,detectors,engine,adapters,dashboards,cli,test,examples,bench}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Many tests wait for a broker or a restart: one more than the cores of a small machine.
    maxWorkers: 3,
  },
});
