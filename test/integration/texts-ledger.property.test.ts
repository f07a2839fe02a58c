import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldTexts } from "../../src/db/ledger.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readTextBooks } from "../support/recount.ts";
import { track } from "../support/seed.ts";
import { anyTextStep, createAppRows } from "../support/text-steps.ts";

describe.each([
  { title: "with a foreign key and cascades", linked: true },
  { title: "without a foreign key", linked: false },
])("$title", ({ linked }) => {
  const database = useTestDatabase();

  it("the texts' ledger equals a direct count after any statement on tables that held rows before", async () => {
    const { pool } = database();
    await createAppRows(pool, linked);
    await track(pool);
    await fc.assert(
      fc.asyncProperty(fc.array(anyTextStep, { maxLength: 25 }), async (steps) => {
        const db = await pool.connect();
        try {
          await db.query("begin");
          for (const step of steps) {
            await step.run(db);
            expect(await readTextBooks(db), `after: ${step.name}`).toEqual(await countTexts(db));
          }
          while ((await foldTexts(db, 3)) > 0);
          expect(await readTextBooks(db), "all folded").toEqual(await countTexts(db));
        } finally {
          await db.query("rollback");
          db.release();
        }
      }),
      { numRuns: 200, interruptAfterTimeLimit: 20_000 },
    );
  });
});
