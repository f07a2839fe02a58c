import fc from "fast-check";
import { expect, it } from "vitest";
import { readBackup } from "../../src/db/backup-reader.ts";
import { writeBackup } from "../../src/db/backup-writer.ts";
import { contentsOf } from "../support/backup.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { anyStep, type World } from "../support/task-steps.ts";
import { takeSlot } from "../support/tasks.ts";

const source = useTestDatabase();
const target = useTestDatabase();

it("whatever has happened to the tasks, an import restores what the export has read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 15 }), async (steps) => {
      const [from, to] = [await source().pool.connect(), await target().pool.connect()];
      try {
        await from.query("begin; create temp table gone (like tts_monitor.tasks) on commit drop");
        const world: World = { db: from, slot: await takeSlot(from), late: 0, deduplicated: 0 };
        for (const step of steps) await step.run(world);
        const pieces: Buffer[] = [];
        for await (const piece of writeBackup(from, "test")) pieces.push(Buffer.from(piece));
        await to.query("begin");
        await readBackup(to, chunks(pieces));
        // The times of day are shown as the session says, which the export has set.
        expect(await contentsOf(to)).toEqual(await contentsOf(from));
      } finally {
        await from.query("rollback");
        await to.query("rollback");
        from.release();
        to.release();
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 40_000 },
  );
});

async function* chunks(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}
