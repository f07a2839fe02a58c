import type pg from "pg";
import { number, table } from "../support/report.ts";
import type { Way } from "./ways.ts";

export interface Round {
  way: Way;
  removed: number;
  /** of the whole command */
  seconds: number;
  /** s */
  longest: number;
  walBytes: number;
  /** ms, p99 and longest of the other tasks' transitions */
  alone: number;
  meanwhile: number;
  worst: number;
  scrapes: number;
  fallen: number;
  /** of counters and gauges that do not fit each other or the rows */
  wrong: number;
}

/**
 * How many of these do not hold: rows are what was and came less what was removed, and the counters forget nothing.
 * @param retention days
 */
export async function countWrong(
  pool: pg.Pool,
  samples: Map<string, number>,
  removed: number,
  retention: number,
): Promise<number> {
  const { rows } = await pool.query<{ n: number; old: number }>(
    `select count(*)::integer as n,
       count(*) filter (where finished_at < now() - $1 * interval '1 day')::integer as old from tts_monitor.tasks`,
    [retention],
  );
  const { n = Number.NaN, old = Number.NaN } = rows[0] ?? {};
  const created = samples.get("tts_db_tasks_created_total") ?? Number.NaN;
  const sum = (metric: string) =>
    [...samples].reduce((total, [series, value]) => total + (series.startsWith(metric) ? value : 0), 0);
  const claims = [
    n + removed === created,
    sum("tts_db_tasks{") === n,
    sum("tts_db_tasks_finished_total{") === created,
    sum("tts_db_task_duration_seconds_count{") === created,
    old === 0,
  ];
  return claims.filter((holds) => !holds).length;
}

/** @param tasks that there were, half of them past their retention */
export function printRounds(rounds: readonly Round[], tasks: number): void {
  table(
    [
      `${tasks / 2} of ${tasks} tasks`,
      "s",
      "rows/s",
      "longest statement, s",
      "WAL, bytes a row",
      "other tasks' p99 before, ms",
      "meanwhile, ms",
      "longest, ms",
      "scrapes",
      "counters that fell",
    ],
    rounds.map((round) => [
      ...[round.way, number(round.seconds), number(round.removed / round.seconds), number(round.longest)],
      number(round.walBytes / round.removed),
      ...[round.alone, round.meanwhile, round.worst].map(number),
      ...[round.scrapes, round.fallen],
    ]),
  );
  const [ours, peer] = rounds;
  if (!ours || !peer) return;
  table(
    ["ours / one DELETE", "ratio"],
    [
      ["time", number(ours.seconds / peer.seconds)],
      ["longest statement", number(ours.longest / peer.longest)],
      ["WAL", number(ours.walBytes / peer.walBytes)],
      ["other tasks' p99", number(ours.meanwhile / peer.meanwhile)],
      ["their longest", number(ours.worst / peer.worst)],
    ],
  );
}
