import { defineConfig } from "vitest/config";
import { PlainSummary } from "./test/support/plain-summary.ts";
import { SoaksFirst } from "./test/support/soaks-first.ts";

interface When {
  /** the projects of one turn run together, those of the next one after them */
  turn: number;
  /** files at a time */
  atOnce: number;
}

const project = (name: string, timeoutSeconds: number, { turn, atOnce }: When) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: 60_000,
    // In the first turn files share a process: one for each costs more than many of them take.
    isolate: turn > 0,
    sequence: { groupOrder: turn },
    maxWorkers: atOnce,
  },
});

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    reporters: ["default", new PlainSummary()],
    sequence: { sequencer: SoaksFirst },
    projects: [
      project("unit", 20, { turn: 0, atOnce: 2 }),
      project("integration", 60, { turn: 0, atOnce: 2 }),
      project("http", 60, { turn: 0, atOnce: 2 }),
      // Whole systems, which mostly wait.
      project("soak", 300, { turn: 1, atOnce: 2 }),
      project("e2e", 300, { turn: 1, atOnce: 2 }),
      // It measures how late things are, so nothing else runs beside it.
      project("chaos", 300, { turn: 2, atOnce: 1 }),
    ],
  },
});
