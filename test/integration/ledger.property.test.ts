import fc from "fast-check";
import { expect, it } from "vitest";
import { useTestDatabase } from "../support/postgres.ts";
import { type Books, fallen, readBooks, recount } from "../support/recount.ts";
import { anyStep, type World } from "../support/task-steps.ts";
import { takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();

it("the ledger equals a recount of the rows after any statement, and no counter falls", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      // Each sequence is rolled back, so that a failing one can be shrunk from the same start.
      const db = await database().pool.connect();
      try {
        await db.query("begin; create temp table gone (like tts_monitor.tasks) on commit drop");
        const world: World = { db, slot: await takeSlot(db), late: 0, deduplicated: 0 };
        let before: Books = {};
        for (const step of steps) {
          await step.run(world);
          const books = await readBooks(db);
          expect(books, `after: ${step.name}`).toEqual(await expected(world));
          expect(fallen(before, books), `after: ${step.name}`).toEqual([]);
          before = books;
        }
      } finally {
        await db.query("rollback");
        db.release();
      }
    }),
    { numRuns: 200, interruptAfterTimeLimit: 40_000 },
  );
});

async function expected({ db, late, deduplicated }: World): Promise<Books> {
  return {
    ...(await recount(db, "gone")),
    ...(late > 0 && { "late//0": { n: String(late), micros: "0" } }),
    ...(deduplicated > 0 && { "deduplicated//0": { n: String(deduplicated), micros: "0" } }),
  };
}
