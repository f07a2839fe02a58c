import type pg from "pg";
import { expect, it } from "vitest";
import { bypassTriggers } from "../support/bypass.ts";
import { complaintsOf, diagnose, healthyDatabase } from "../support/doctor.ts";
import { withClient } from "../support/with-client.ts";

/** Every row, and every object of the catalogue, each with the transaction that wrote it. */
async function everything(pool: pg.Pool): Promise<string> {
  return withClient(pool, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
       where relkind in ('r', 'S') and relnamespace in ('tts_monitor'::regnamespace, 'public'::regnamespace)`,
    );
    expect(tables.length).toBeGreaterThan(12);
    const catalogue = [
      "pg_class",
      "pg_proc",
      "pg_trigger",
      "pg_attribute",
      "pg_namespace",
      "pg_db_role_setting",
    ];
    const lines = [
      ...tables.map(({ name }) => [name, "t.xmin || t.ctid::text || row(t.*)::text"]),
      // Statistics in it are written in place.
      ...catalogue.map((name) => [name, "t.xmin || t.ctid::text"]),
    ];
    const parts: string[] = [];
    for (const [name, line] of lines) {
      const { rows } = await client.query(
        `select md5(string_agg(line, ' ' order by line)) as all from (select ${line} as line from ${name} t) l`,
      );
      parts.push(`${name} ${rows[0]?.all}`);
    }
    return parts.join("\n");
  });
}

it("changes nothing, whatever it finds", async () => {
  const own = await healthyDatabase();
  try {
    await own.pool.query(`alter table tts_audios disable trigger tts_monitor_update;
      alter table tts_monitor.tasks disable trigger tasks_record_late;
      insert into tts_monitor.tasks (text_id, created_at) values (5, now() - interval '1 hour');
      insert into tts_monitor.tasks (text_id, status, deadline_at) values (5, 'processing', now() - interval '1 hour');
      insert into tts_monitor.workers (worker) values ('w');
      update tts_monitor.settings set concurrency_global = 1`);
    await bypassTriggers(own.pool, "insert into tts_monitor.tasks (text_id) values (8), (9)");
    const before = await everything(own.pool);
    expect(complaintsOf(await diagnose(own.directUrl))).toEqual([
      "fail triggers",
      "fail text triggers",
      "fail ledger of tasks",
      "warn jobs",
      "warn tasks",
      "warn global limit",
    ]);
    expect(await everything(own.pool)).toBe(before);
  } finally {
    await own.drop();
  }
});
