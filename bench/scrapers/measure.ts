import type pg from "pg";
import { parseSamples } from "../../src/demo/totals.ts";
import { type Answers, scrapeAtOnce } from "./load.ts";

export interface Exporter {
  name: string;
  url: string;
  /** the statement that it sends once for each read of the database */
  sql: string;
  /** what its scrapers send with a request */
  headers?: Record<string, string>;
}

export interface Run extends Answers {
  /** reads of the database, a second */
  reads: number;
  /** scrapes that were answered, but without the database */
  down: number;
  /** resident memory afterwards, MB */
  memory: number;
}

const DOWN = 'tts_monitor_scrapes_total{result="failed"}';
const MEMORY = "process_resident_memory_bytes";

/** One exporter under so many scrapers, once it has done all that it was asked before. */
export async function measure(
  db: pg.Pool,
  { url, sql, headers }: Exporter,
  scrapers: number,
  seconds: number,
): Promise<Run> {
  const downBefore = (await scrape(url)).get(DOWN) ?? 0;
  const readsBefore = await readsOf(db, sql);
  const answers = await scrapeAtOnce(url, scrapers, seconds, headers);
  const reads = ((await readsOf(db, sql)) - readsBefore) / answers.seconds;
  // A naive handler goes on with the requests of clients that have left: this one is answered after them.
  const after = await scrape(url);
  return {
    ...answers,
    reads,
    down: (after.get(DOWN) ?? 0) - downBefore,
    memory: (after.get(MEMORY) ?? Number.NaN) / 1e6,
  };
}

async function scrape(url: string): Promise<Map<string, number>> {
  // A server that was busy for longer than it keeps idle connections ends one just as it is used again.
  const response = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  return parseSamples(await response.text());
}

async function readsOf(db: pg.Pool, sql: string): Promise<number> {
  const { rows } = await db.query<{ calls: number }>(
    "select coalesce(sum(calls), 0)::float8 as calls from pg_stat_statements where query = $1",
    [sql],
  );
  return rows[0]?.calls ?? 0;
}
