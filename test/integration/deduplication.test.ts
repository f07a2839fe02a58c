import { expect, it } from "vitest";
import { findByContent, followLeader } from "../../src/db/submit-store.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { HOUR, hashOf } from "../support/tasks.ts";

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

it("of all tasks of one content the living one answers, else the newest that was completed within the window", async () => {
  const { pool } = database();
  const content = hashOf(1);
  const completed = (textId: number, minutes: number) =>
    sql(
      `insert into tts_monitor.tasks (text_id, content_hash, status, created_at, finished_at)
       select $1, $2, 'completed', t, t from (select clock_timestamp() - $3 * interval '1 minute' as t) age`,
      [textId, content, minutes],
    );
  const leader = async () => Number((await findByContent(pool, content, HOUR))?.textId);

  await completed(1, 61);
  expect(await leader()).toBeNaN();
  // Not in the order of their ids.
  await completed(2, 5);
  await completed(3, 50);
  await completed(4, 20);
  expect(await leader()).toBe(2);
  await sql("insert into tts_monitor.tasks (text_id, content_hash) values (5, $1)", [content]);
  expect(await leader()).toBe(5);

  expect(Number((await followLeader(pool, 6n, content, HOUR))?.textId)).toBe(5);
  const followed = await sql(
    "select text_id::int, (select text_id::int from tts_monitor.tasks where id = task_id) as leader from tts_monitor.followers",
  );
  expect(followed).toEqual([{ text_id: 6, leader: 5 }]);
});

it("a text that asks again for what it follows comes back to it: that is its newest task then", async () => {
  const { pool } = database();
  const content = hashOf(2);
  await sql("insert into tts_monitor.tasks (text_id, content_hash) values (10, $1)", [content]);
  await followLeader(pool, 11n, content, HOUR);
  const since = async () =>
    (await sql("select followed_at from tts_monitor.followers where text_id = 11"))[0]?.["followed_at"];
  const first = await since();
  await sql("select pg_sleep(0.002)");
  await followLeader(pool, 11n, content, HOUR);
  expect((await since()).getTime()).toBeGreaterThan(first.getTime());
});
