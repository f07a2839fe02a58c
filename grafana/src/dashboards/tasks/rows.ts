import type { PanelBuilder } from "../../panels/panel.ts";
import { sqlTable } from "../../panels/table.ts";
import {
  HEARTBEAT_COLUMN,
  OVERDUE_COLUMN,
  REASON_COLUMN,
  STATUS_COLUMN,
  secondsColumn,
  TEXT_COLUMN,
  timeColumn,
  WORKER_COLUMN,
} from "./columns.ts";
import { MATCHING_TASKS } from "./matching.ts";

export function matchingTasks(): PanelBuilder {
  return sqlTable({
    title: "Tasks",
    description:
      "The first 100 that the choices above ask for: stuck ones, the longest first; then those that failed or timed out in this time, the newest first; then what runs, what waits and what is done. What lives is shown as it is now, whatever the time. Normal is no row that is stuck; where one stays, its reason is the cause: deadline_passed and heartbeat_stale are in the runbook TTSTaskStuck, never_claimed in TTSTaskNeverClaimed. Heartbeat is how long ago the worker was last heard from. The text's number leads to all that is known of it.",
    noValue: "no such task: nothing hangs, and none has ended so in this time",
    width: 24,
    height: 15,
    sql: MATCHING_TASKS,
    columns: [
      TEXT_COLUMN,
      { ...STATUS_COLUMN, width: 100 },
      { ...WORKER_COLUMN, width: 110 },
      secondsColumn("Age"),
      HEARTBEAT_COLUMN,
      OVERDUE_COLUMN,
      timeColumn("Ended"),
      { ...REASON_COLUMN, width: 150 },
      { title: "Message", wrapped: true },
    ],
  });
}
