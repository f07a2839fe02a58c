import { recordOf } from "../domain/record-of.ts";
import { byLabel, type Collector, type Family } from "./collector.ts";

export const CAUSES = ["deadline_passed", "heartbeat_stale", "never_claimed"] as const;
export type Cause = (typeof CAUSES)[number];

// Few enough for labels, enough for a page to name them.
const NAMED_TASKS = 10;

const STUCK: Family = {
  name: "tts_db_tasks_stuck",
  help: "Tasks that ought to have ended or started: deadline passed, worker silent, or never claimed.",
  type: "gauge",
  labels: ["cause"],
};
const STUCK_MAX_AGE: Family = {
  name: "tts_db_tasks_stuck_max_age_seconds",
  help: "For how long the longest stuck task has been stuck; 0 when there is none.",
  type: "gauge",
  labels: ["cause"],
};
const STUCK_AGE: Family = {
  name: "tts_db_stuck_task_age_seconds",
  help: `For how long each of the ${NAMED_TASKS} longest stuck tasks has been stuck.`,
  type: "gauge",
  labels: ["text_id", "worker", "cause"],
};

interface StuckRow {
  /** null: the line sums up its cause */
  textId: bigint | null;
  worker: string;
  cause: Cause;
  age: number;
  count: number;
}

interface StuckReading {
  byCause: Record<Cause, { count: number; maxAge: number }>;
  oldest: { textId: bigint; worker: string; cause: Cause; age: number }[];
}

/**
 * Which living tasks hang, and for how long? All from partial indexes on what is alive.
 * @param pendingTimeout ms after which a pending task counts as never claimed
 */
export function stuckCollector(pendingTimeout: number): Collector<StuckReading> {
  return {
    name: "stuck",
    families: [STUCK, STUCK_MAX_AGE, STUCK_AGE],
    async read(db) {
      const { rows } = await db.query<StuckRow>(stuckSql(pendingTimeout));
      const of = (cause: Cause) => {
        const row = rows.find((one) => one.textId === null && one.cause === cause);
        return { count: row?.count ?? 0, maxAge: row?.age ?? 0 };
      };
      return {
        byCause: recordOf(CAUSES, of),
        oldest: rows.flatMap(({ textId, worker, cause, age }) =>
          textId === null ? [] : [{ textId, worker, cause, age }],
        ),
      };
    },
    measure(reading) {
      return [
        byLabel(
          STUCK,
          "cause",
          recordOf(CAUSES, (cause) => reading.byCause[cause].count),
        ),
        byLabel(
          STUCK_MAX_AGE,
          "cause",
          recordOf(CAUSES, (cause) => reading.byCause[cause].maxAge),
        ),
        {
          family: STUCK_AGE,
          samples: reading.oldest.map(({ textId, worker, cause, age }) => ({
            labels: { text_id: String(textId), worker, cause },
            value: age,
          })),
        },
      ];
    },
  };
}

// Both questions in one, so that the stuck tasks are looked up once: those of each cause (without a text), and the
// longest ones.
const stuckSql = (pendingTimeout: number) => `
  with stuck as materialized (
    select text_id, coalesce(worker, '') as worker, cause,
      greatest(0, extract(epoch from clock_timestamp() - since))::float8 as age
    from tts_monitor.overdue_tasks
    union all
    select text_id, coalesce(worker, ''), 'never_claimed',
      greatest(0, extract(epoch from clock_timestamp() - created_at) - ${pendingTimeout / 1000})::float8
    from tts_monitor.tasks
    -- Not by clock_timestamp(), which no index can be searched for.
    where status = 'pending' and created_at < statement_timestamp() - ${pendingTimeout} * interval '1 millisecond'
  )
  select null as "textId", '' as worker, cause, max(age) as age, count(*)::integer as count
  from stuck group by cause
  union all
  (select text_id, worker, cause, max(age) as age, count(*)::integer
   from stuck group by 1, 2, 3 order by age desc limit ${NAMED_TASKS})`;
