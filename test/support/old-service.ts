import type pg from "pg";

/** The old service's tables and what lists what it has applied to them. */
export const OLD_TABLES = ["users", "tts_texts", "tts_audios", "audits", "public.pgmigrations"];

/** What a count finds in them, by the definitions: texts not deleted, and those of them with a valid audio. */
export const OLD_TEXTS = { texts: 7, completed: 3 };

/**
 * A service's database as it may have grown over the years: foreign keys, triggers, a view in another schema, a
 * record of migrations of its own; texts and audios of every kind that has to be counted right.
 */
export async function createOldService(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create table users (id bigint generated always as identity primary key, name text not null);
    create table tts_texts (
      id bigint generated always as identity primary key,
      user_id bigint references users (id) on delete set null,
      title text,
      content text not null,
      is_deleted integer default 0,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    comment on table tts_texts is 'texts to speak';
    create table tts_audios (
      id bigint generated always as identity primary key,
      text_id bigint not null references tts_texts (id) on delete cascade,
      audio_url text,
      filename text,
      file_size bigint,
      is_deleted smallint default 0,
      created_at timestamptz not null default now()
    );
    create index on tts_texts (user_id) where is_deleted = 0;
    create table audits (id bigint generated always as identity, text_id bigint, event text not null);
    create table public.pgmigrations (id serial primary key, name varchar(255) not null, run_on timestamp not null);
    insert into public.pgmigrations (name, run_on) values ('001_texts', '2024-01-01'), ('002_audios', '2024-02-01');

    create function touch() returns trigger language plpgsql as $$
    begin
      new.updated_at := now();
      return new;
    end
    $$;
    create trigger touch before update on tts_texts for each row execute function touch();
    create function audit() returns trigger language plpgsql as $$
    begin
      insert into audits (text_id, event) values (new.text_id, tg_op);
      return null;
    end
    $$;
    create trigger audit after insert or update on tts_audios for each row execute function audit();
    create schema reports;
    create view reports.spoken as
      select t.id, count(*) as audios from tts_texts t join tts_audios a on a.text_id = t.id
      where t.is_deleted = 0 and a.is_deleted = 0 group by t.id;

    insert into users (name) values ('Ada'), ('李雷');
    insert into tts_texts (user_id, title, content, is_deleted) values
      (1, 'one audio', 'Hello.', 0),
      (1, 'two audios', '你好。', 0),
      (2, null, 'Without a title.', 0),
      (null, 'an audio too small', 'Short.', 0),
      (2, 'an audio without a size', 'Unknown.', 0),
      (2, 'an audio that was deleted', 'Gone.', 0),
      (1, 'no audio', 'Waiting.', 0),
      (1, 'deleted', 'Deleted.', 1),
      (1, 'deleted in another way', 'Deleted.', 2),
      (1, 'deleted by a null', 'Deleted.', null);
    insert into tts_audios (text_id, audio_url, filename, file_size, is_deleted) values
      (1, '/audio/1.wav', '1.wav', 70000, 0),
      (2, '/audio/2.wav', '2.wav', 5000, 0),
      (2, '/audio/2b.wav', '2b.wav', 90000, 0),
      (3, null, null, 5001, 0),
      (4, '/audio/4.wav', '4.wav', 4999, 0),
      (5, '/audio/5.wav', '5.wav', null, 0),
      (6, '/audio/6.wav', '6.wav', 70000, 1),
      (6, '/audio/6b.wav', '6b.wav', 70000, null),
      (8, '/audio/8.wav', '8.wav', 70000, 0),
      (10, '/audio/10.wav', '10.wav', 70000, 0);
  `);
}
