import { BAD, MUTED, NEUTRAL } from "../../colours.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { sqlTable } from "../../panels/table.ts";
import { scale } from "../../thresholds.ts";

const NO_SIZES = "the collector of sizes does not answer";
const HALF = { width: 12, height: 7 };

/** What our tables and connections cost. */
export function databasePanels(): PanelBuilder[] {
  return [sizes(), notFolded(), pool(), connections()];
}

function sizes(): PanelBuilder {
  return series({
    ...HALF,
    title: "Size of our tables",
    description:
      "Disk space of each table with its indexes. Normal is tasks and text_states that grow with what is kept, and all else small; if tasks grows beyond its retention, see whether the job prune succeeds (TTSJobFailing).",
    noValue: NO_SIZES,
    queries: [
      {
        expr: 'max by (relation) (tts_db_relation_bytes{relation!~".*_deltas"})',
        legend: "{{relation}}",
      },
    ],
    unit: "bytes",
    min: 0,
  });
}

function notFolded(): PanelBuilder {
  return series({
    ...HALF,
    title: "Fold lag: size of the deltas",
    description:
      "Disk space of what triggers have written and the job fold has not yet added to the totals, and of what it has added since the last vacuum. Normal is a few megabytes under full load, less at rest; a steady rise means that fold fails (TTSJobFailing) or that an old transaction keeps vacuum away, and scrapes become slower (TTSScrapeSlow).",
    noValue: NO_SIZES,
    queries: [
      {
        expr: 'max by (relation) (tts_db_relation_bytes{relation=~".*_deltas"})',
        legend: "{{relation}}",
      },
    ],
    unit: "bytes",
    min: 0,
  });
}

function pool(): PanelBuilder {
  return series({
    ...HALF,
    title: "Connections of the busiest exporter",
    description:
      "An exporter's own connections to PostgreSQL, and requests that wait for one. Normal is none waiting but for moments; waiting for long means that API calls, jobs or a slow database hold them all: scrapes have two of their own.",
    noValue: "no exporter is scraped",
    queries: [{ expr: "max by (state) (tts_monitor_db_pool_connections)", legend: "{{state}}" }],
    unit: "short",
    decimals: 0,
    min: 0,
    colours: { idle: MUTED, busy: NEUTRAL, waiting: BAD },
  });
}

function connections(): PanelBuilder {
  return sqlTable({
    ...HALF,
    title: "Connections of the database",
    description:
      "Who is connected to this database now, and which share of the connections that the server allows it takes. Normal is three or so for each worker and exporter; near 100 % together nobody can connect any more (TTSDatabaseDown): close those of the guilty program.",
    noValue: "nobody is connected",
    sql: `select coalesce(nullif(regexp_replace(application_name, ' worker .*', ' workers'), ''), 'without a name') as "Program",
  count(*) as "Connections",
  count(*) / current_setting('max_connections')::float as "Of allowed"
from pg_stat_activity
where datname = current_database()
group by 1
order by 2 desc, 1
limit 20`,
    columns: [
      { title: "Program" },
      { title: "Connections", unit: "short", width: 110 },
      { title: "Of allowed", unit: "percentunit", decimals: 0, width: 110, scale: scale(MUTED) },
    ],
  });
}
