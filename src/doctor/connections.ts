import { ok, question, rowOf, warn } from "./check.ts";

const EXPORTER_NEEDS = 5;

/** Is there room for an exporter's connections? Our own one is about to be free again. */
export const connectionsCheck = question("connections", async (db) => {
  const { most, used } = await rowOf<{ most: number; used: number }>(db, SQL);
  const free = Math.max(0, most - used + 1);
  const found = `${free} of ${most} are free; an exporter takes up to ${EXPORTER_NEEDS}, a worker up to 3`;
  if (free >= EXPORTER_NEEDS) return ok(found);
  return warn(
    found,
    "raise max_connections, or end sessions that nobody needs: `select pid, application_name from pg_stat_activity`",
  );
});

const SQL = `
  select
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
      - coalesce(current_setting('reserved_connections', true)::integer, 0) as most,
    (select sum(numbackends) from pg_stat_database)::integer as used`;
