import type pg from "pg";

/** How transitions are counted. */
export type Books = "none" | "ours" | "rows";

const OURS = "tasks_record_%";

/** The usual hand-made way, which every database course warns of: one row per status, counted up and down in place. */
const COUNTER_ROWS = `
  create table counter_rows (status text primary key, n bigint not null) with (fillfactor = 20);
  insert into counter_rows values ('pending', 0), ('processing', 0), ('completed', 0), ('failed', 0), ('timeout', 0);
  create function count_in_place() returns trigger language plpgsql as $$
  begin
    -- In the order of the key, so that no two wait for each other.
    if tg_op = 'UPDATE' then
      perform from counter_rows where status in (old.status, new.status) order by status for update;
      update counter_rows set n = n - 1 where status = old.status;
    end if;
    update counter_rows set n = n + 1 where status = new.status;
    return null;
  end
  $$;
  create trigger tasks_count_in_place after insert or update of status on tts_monitor.tasks
    for each row execute function count_in_place();`;

export async function prepareBooks(db: pg.Pool): Promise<void> {
  await db.query(COUNTER_ROWS);
}

/** From now on only these books are kept. */
export async function keepBooks(db: pg.Pool, books: Books): Promise<void> {
  const { rows } = await db.query<{ name: string }>(
    `select tgname as name from pg_trigger
     where tgrelid = 'tts_monitor.tasks'::regclass and (tgname like $1 or tgname = 'tasks_count_in_place')`,
    [OURS],
  );
  const kept = (name: string) => books === (name === "tasks_count_in_place" ? "rows" : "ours");
  const changes = rows.map(({ name }) => `${kept(name) ? "enable" : "disable"} trigger ${name}`);
  await db.query(`alter table tts_monitor.tasks ${changes.join(", ")}`);
}
