import { expect, it } from "vitest";
import { useTestDatabase } from "../support/postgres.ts";
import { startWorker } from "../support/serve.ts";

const database = useTestDatabase();
/** 100,000 tasks on a busy machine with two processors. */
const PATIENCE = 900_000;

// The old monitor's fault 3: finished tasks stayed in the process's memory.
it(
  "a worker's heap stays flat over 100,000 tasks",
  async () => {
    const worker = await startWorker(
      { databaseUrl: database().url, worker: "worker-heap", concurrency: 50 },
      { tasks: 100_000, firstText: 1_000_000, heapAt: [20_000, 100_000] },
      ["--expose-gc"],
    );
    const heapAfter = async (tasks: number) =>
      Number((await worker.line(new RegExp(`^heap after ${tasks}: (\\d+)$`), PATIENCE))[1]);
    const [early, late] = [await heapAfter(20_000), await heapAfter(100_000)];
    expect(Math.abs(late - early)).toBeLessThan(5_000_000);
    expect((await worker.end()).code).toBe(0);
  },
  PATIENCE,
);
