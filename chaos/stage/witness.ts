import type pg from "pg";

/**
 * What the run itself keeps of tasks, apart from anything that is under test: each move from one status to another,
 * and the rows that are deleted.
 */
export async function installWitness(db: Pick<pg.Pool, "query">): Promise<void> {
  await db.query(`
    create schema chaos;
    create table chaos.moves (
      n bigint generated always as identity primary key, task_id bigint not null, move text not null
    );
    create table chaos.gone (like tts_monitor.tasks);
    create function chaos.note_move() returns trigger language plpgsql security definer as $$
    begin
      insert into chaos.moves (task_id, move)
      values (new.id, case tg_op when 'INSERT' then '' else old.status end || '>' || new.status);
      return null;
    end $$;
    create function chaos.note_deletion() returns trigger language plpgsql security definer as $$
    begin
      insert into chaos.gone select old.*;
      return null;
    end $$;
    create trigger chaos_inserted after insert on tts_monitor.tasks
      for each row execute function chaos.note_move();
    create trigger chaos_moved after update of status on tts_monitor.tasks
      for each row when (old.status <> new.status) execute function chaos.note_move();
    create trigger chaos_deleted after delete on tts_monitor.tasks
      for each row execute function chaos.note_deletion();
  `);
}

const ALL_TASKS = "(select * from tts_monitor.tasks union all select * from chaos.gone) task";

/** One row with what a recount counts; one statement, so one snapshot. */
export const RECOUNT = `
  select
    count(*)::int as created,
    count(*) filter (where status = 'pending')::int as pending,
    count(*) filter (where status = 'processing')::int as processing,
    count(*) filter (where status = 'completed')::int as completed,
    count(*) filter (where status = 'failed')::int as failed,
    count(*) filter (where status = 'timeout')::int as timeout,
    (select count(*)::int from tts_texts where is_deleted = 0) as texts,
    (select count(distinct text.id)::int from tts_texts text join tts_audios audio on audio.text_id = text.id
     where text.is_deleted = 0 and audio.is_deleted = 0 and audio.file_size >= 5000) as "textsCompleted"
  from ${ALL_TASKS}`;

const MILLISECONDS = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

/** `TaskRow`s in the order of their ids. $1: after this id, $2: how many at most */
export const TASK_ROWS = `
  select id::text, text_id::text as "textId", status, reason, worker,
    ${MILLISECONDS("created_at")} as "createdAt", ${MILLISECONDS("started_at")} as "startedAt",
    ${MILLISECONDS("deadline_at")} as "deadlineAt", ${MILLISECONDS("finished_at")} as "finishedAt",
    ${MILLISECONDS("late_at")} as "lateAt",
    array(select move from chaos.moves where task_id = task.id order by n) as moves
  from ${ALL_TASKS} where id > $1 order by task.id limit $2`;
