import { expect, it } from "vitest";
import { countTasks, countTexts } from "../../src/db/audit-store.ts";
import { bypassTriggers } from "../support/bypass.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();

// A slice has 50,000 tasks or 200,000 texts: here one is full to the last row, and another one follows.
it("counts tasks beyond one slice, whatever gaps there are between their ids", async () => {
  await bypassTriggers(
    database().pool,
    `insert into tts_monitor.tasks (id, text_id, status, started_at, finished_at, reason)
     overriding system value
     select n * n, 1, case n % 10 when 0 then 'failed' else 'completed' end, now(), now(),
       case n % 10 when 0 then 'other' end
     from generate_series(1::bigint, 100000) n`,
  );
  const counts = { pending: 0, processing: 0, completed: 90_000, failed: 10_000, timeout: 0 };
  expect(await countTasks(database().pool)).toEqual(counts);
  await database().pool.query(
    "insert into tts_monitor.tasks (id, text_id) overriding system value values (-7, 1)",
  );
  expect(await countTasks(database().pool)).toEqual({ ...counts, pending: 1 });
});

it("counts texts beyond one slice, each with its own audios", async () => {
  await database().pool.query(
    `create table tts_texts (id bigint primary key, is_deleted integer);
     create table tts_audios (text_id bigint, is_deleted integer, file_size bigint);
     insert into tts_texts select n * 5, n % 4 / 3 from generate_series(1, 400001) n;
     insert into tts_audios select id, 0, 5000 from tts_texts where id % 2 = 0`,
  );
  expect(await countTexts(database().pool)).toEqual({ texts: 300_001, completed: 200_000 });
});

it("breaks off between two slices when it is told to", async () => {
  await expect(countTasks(database().pool, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
