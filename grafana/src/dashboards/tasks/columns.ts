import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, MUTED, STATUS_COLOURS, WARNING } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import { mapping } from "../../mappings.ts";
import type { Column } from "../../panels/table.ts";
import { scale } from "../../thresholds.ts";

export const TEXT_COLUMN: Column = {
  title: "Text",
  width: 90,
  links: [linkTo("This text's tasks", ["tts-task", { text_id: "${__value.raw}" }])],
};

export const STATUS_COLUMN: Column = { title: "Status", minWidth: 90, mappings: [mapping(STATUS_COLOURS)] };

export const WORKER_COLUMN: Column = {
  title: "Worker",
  minWidth: 80,
  links: [linkTo("This worker", ["tts-workers", { worker: "${__value.raw}" }])],
};

export const REASON_COLUMN: Column = { title: "Reason", minWidth: 135 };

/** A time, without its date where that is today's. */
export function timeColumn(title: string): Column {
  return { title, unit: "dateTimeAsIsoNoDateIfToday", width: 155 };
}

/** A time that is told as how long ago it was. */
export function agoColumn(title: string): Column {
  return { title, unit: "dateTimeFromNow", width: 145 };
}

export function secondsColumn(title: string): Column {
  return { title, unit: "s", decimals: 1, width: 90 };
}

export const OVERDUE_COLUMN: Column = {
  ...secondsColumn("Overdue by"),
  width: 100,
  scale: scale(MUTED, [0, WARNING], [THRESHOLDS.stuckSeconds, BAD]),
};

export const HEARTBEAT_COLUMN: Column = {
  ...secondsColumn("Heartbeat"),
  scale: scale(MUTED, [THRESHOLDS.silentSeconds, BAD]),
};
