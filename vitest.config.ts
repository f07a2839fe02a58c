import { defineConfig } from "vitest/config";
import { PlainSummary } from "./test/support/plain-summary.ts";

const project = (name: string, timeoutSeconds: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: 60_000,
  },
});

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    maxWorkers: 2,
    reporters: ["default", new PlainSummary()],
    projects: [project("unit", 20), project("integration", 60), project("http", 60), project("e2e", 300)],
  },
});
