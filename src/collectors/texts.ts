import { refuseMissingAppTable } from "../errors.ts";
import { type Collector, type Family, type Reader, value } from "./collector.ts";

const TEXTS: Family = { name: "tts_db_texts", help: "Texts that are not deleted.", type: "gauge" };
const COMPLETED: Family = {
  name: "tts_db_texts_completed",
  help: "Texts that are not deleted and have at least one valid audio.",
  type: "gauge",
};
const RATIO: Family = {
  name: "tts_db_success_ratio",
  help: "Completed texts among all texts; absent when there are none.",
  type: "gauge",
};
const COUNTED_AT: Family = {
  name: "tts_db_texts_timestamp_seconds",
  help: "When the texts were counted: the snapshot's time, or older where they are counted untracked and cached.",
  type: "gauge",
};
const TRACKED: Family = {
  name: "tts_monitor_texts_tracked",
  help: "1 where triggers keep the texts' totals, 0 where they are counted directly.",
  type: "gauge",
};

export interface TextsReading {
  texts: number;
  completed: number;
  /** seconds since the epoch, by the database's clock */
  countedAt: number;
  /** kept by triggers, or counted directly */
  tracked: boolean;
}

/**
 * How many texts are there, and how many have their audio? From the ledger where the application's tables carry
 * our triggers; else counted directly, at a cost that grows with them, and reused for `cache` ms.
 */
export function textsCollector(cache: number): Collector<TextsReading> {
  let counted: { reading: TextsReading; at: number } | undefined;
  return {
    name: "texts",
    families: [TEXTS, COMPLETED, RATIO, COUNTED_AT, TRACKED],
    async read(db) {
      const kept = await readTrackedTexts(db);
      if (kept) {
        counted = undefined;
        return kept;
      }
      if (counted && performance.now() - counted.at < cache) return counted.reading;
      counted = {
        at: performance.now(),
        reading: await readTexts(db, DIRECT_SQL).catch(refuseMissingAppTable),
      };
      return counted.reading;
    },
    measure({ texts, completed, countedAt, tracked }) {
      return [
        value(TEXTS, texts),
        value(COMPLETED, completed),
        ...(texts > 0 ? [value(RATIO, completed / texts)] : []),
        value(COUNTED_AT, countedAt),
        value(TRACKED, tracked ? 1 : 0),
      ];
    },
  };
}

/** What the ledger says; undefined where the application's tables do not carry our triggers. */
export async function readTrackedTexts(db: Reader): Promise<TextsReading | undefined> {
  const { tracked, ...reading } = await readTexts(db, TRACKED_SQL);
  return tracked ? { tracked, ...reading } : undefined;
}

async function readTexts(db: Reader, sql: string): Promise<TextsReading> {
  const { rows } = await db.query<{
    texts: bigint;
    completed: bigint;
    countedAt: number;
    tracked: boolean;
  }>(sql);
  const [row] = rows;
  if (!row) throw new Error("the texts' count gave no row");
  return { ...row, texts: Number(row.texts), completed: Number(row.completed) };
}

const NOW = `extract(epoch from clock_timestamp())::float8 as "countedAt"`;
const TRACKED_SQL = `
  select texts, completed, ${NOW}, (
    select count(*) = 2 from pg_trigger
    where tgname = 'tts_monitor_insert' and tgenabled <> 'D'
      and tgrelid in (to_regclass('tts_texts'), to_regclass('tts_audios'))
  ) as tracked
  from tts_monitor.text_ledger`;
// The `exists` stands in a `where`, so that it becomes a join: as a filter of the first count it would walk over all
// audios for each text where no index on tts_audios (text_id) helps.
const DIRECT_SQL = `
  select
    (select count(*) from tts_texts where is_deleted = 0) as texts,
    (select count(*) from tts_texts t where t.is_deleted = 0 and exists (
      select from tts_audios a where a.text_id = t.id and a.is_deleted = 0 and a.file_size >= 5000
    )) as completed,
    ${NOW}, false as tracked`;
