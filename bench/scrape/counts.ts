import pg from "pg";

// What the post-mortem was about: each scrape counted anew what it was asked for.

export const TEXTS = "select count(*) from tts_texts where is_deleted = 0";

export const COMPLETED_TEXTS = `
  select count(distinct t.id) from tts_texts t join tts_audios a on a.text_id = t.id
  where t.is_deleted = 0 and a.is_deleted = 0 and a.file_size >= 5000`;

/** Counts as the post-mortem did. */
const POST_MORTEM = [TEXTS, COMPLETED_TEXTS] as const;

// Nothing but what counts is in them, and no row has to be fetched.
const COVERING = {
  bench_texts: "on tts_texts (id) where is_deleted = 0",
  bench_audios: "on tts_audios (text_id) where is_deleted = 0 and file_size >= 5000",
};

/** The same counts for these indexes: as a half join, which needs no sort and no list of what is distinct. */
const INDEX_ONLY = [
  TEXTS,
  `select count(*) from tts_texts t where is_deleted = 0 and exists (
     select from tts_audios a where a.text_id = t.id and a.is_deleted = 0 and a.file_size >= 5000
   )`,
] as const;

/** Makes the indexes for the time of the work, no longer: whoever counts without them must not find them. */
export async function withCoveringIndexes(
  url: string,
  work: (count: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const names = Object.keys(COVERING);
  try {
    // Small tables would be read whole.
    await client.query("set maintenance_work_mem = '1GB'; set enable_seqscan = off");
    for (const [name, on] of Object.entries(COVERING)) await client.query(`create index ${name} ${on}`);
    // The load's few rows go into the gaps of many pages, whose other rows would all be fetched.
    await client.query("vacuum tts_texts, tts_audios");
    await work(() => timeOf(client, INDEX_ONLY));
  } finally {
    await client.query(`drop index if exists ${names.join(", ")}`);
    await client.end();
  }
}

/** Counts as the post-mortem did, by a client. */
export async function countByClient(
  url: string,
  work: (count: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(() => timeOf(client, POST_MORTEM));
  } finally {
    await client.end();
  }
}

/** ms */
async function timeOf(client: pg.Client, statements: readonly string[]): Promise<number> {
  const begin = performance.now();
  for (const statement of statements) await client.query(statement);
  return performance.now() - begin;
}
