import { defineConfig } from "vitest/config";
import { PlainSummary } from "./test/support/plain-summary.ts";

// The end-to-end tests come last and one file at a time: each runs a whole system, and measures it.
const project = (name: string, timeoutSeconds: number, alone = false) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: 60_000,
    sequence: { groupOrder: alone ? 1 : 0 },
    ...(alone && { maxWorkers: 1 }),
  },
});

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    maxWorkers: 2,
    reporters: ["default", new PlainSummary()],
    projects: [
      project("unit", 20),
      project("integration", 60),
      project("http", 60),
      project("e2e", 300, true),
    ],
  },
});
