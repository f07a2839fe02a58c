import { createCollectors } from "../../src/collectors/index.ts";
import { runCollectors } from "../../src/collectors/run.ts";
import { textsCollector } from "../../src/collectors/texts.ts";
import { createPool } from "../../src/db/pool.ts";
import { withSnapshot } from "../../src/db/snapshot.ts";
import { isConnectionError } from "../../src/db/sqlstate.ts";
import { silentLogger } from "../../src/logger.ts";
import type { BenchDatabase } from "../support/server.ts";

const ROLE = "bench_scrape";
const SECOND = 1000;

/** What scrapes had the server do, by one of their statements. */
export interface StatementReads {
  query: string;
  calls: number;
  rows: number;
  buffers: number;
}

/**
 * Tells the statements of a scrape from all others: a scrape's work is done once by a role of its own.
 * @returns their ids in pg_stat_statements, the same for every role
 */
export async function statementsOfScrape({ pool, url }: BenchDatabase): Promise<string[]> {
  await pool.query(`create role ${ROLE} login superuser password '${ROLE}'`);
  const own = new URL(url);
  own.username = own.password = ROLE;
  const scrapePool = createPool({
    url: own.href,
    max: 1,
    statementTimeout: 3 * SECOND,
    applicationName: ROLE,
    log: silentLogger,
  });
  const deadline = performance.now() + 3 * SECOND;
  const collectors = createCollectors({ pendingTimeout: 900 * SECOND, texts: textsCollector(60 * SECOND) });
  try {
    const results = await withSnapshot(scrapePool, deadline, ({ client }) =>
      runCollectors(client, collectors, deadline, isConnectionError),
    );
    for (const { error } of results) if (error) throw error;
  } finally {
    await scrapePool.end();
  }
  const { rows } = await pool.query<{ id: string }>(
    `select queryid::text as id from pg_stat_statements
     where userid = '${ROLE}'::regrole and query ~* '^\\s*(select|with)\\s'`,
  );
  return rows.map(({ id }) => id);
}

/** From now on reads are counted anew. */
export async function resetReads({ pool }: BenchDatabase): Promise<void> {
  await pool.query("select pg_stat_statements_reset()");
}

/**
 * What scrapes have read since, the statement that reads most first.
 * @throws where they did not send these statements, each once
 */
export async function readReads(
  { pool }: BenchDatabase,
  statements: readonly string[],
  scrapes: number,
): Promise<StatementReads[]> {
  const { rows } = await pool.query<StatementReads>(
    `select query, calls::float8 as calls, rows::float8 as rows,
       (shared_blks_hit + shared_blks_read)::float8 as buffers
     from pg_stat_statements
     where queryid::text = any($1) and userid = current_user::regrole
     order by 4 desc`,
    [statements],
  );
  if (rows.length < statements.length || rows.some(({ calls }) => calls < scrapes)) {
    throw new Error("the exporter in dist/ does not send the statements of src/: run `npm run build`");
  }
  return rows;
}
