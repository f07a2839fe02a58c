import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { GOOD, MUTED, NEUTRAL, STATUS_COLOURS, WARNING } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { scale } from "../../thresholds.ts";
import { NO_NUMBERS, NOTHING_ENDED } from "./no-values.ts";

const SIZE = { width: 8, height: 8 };
const { saturationRatio, backlogTasks } = THRESHOLDS;

/** Slots, and what waits for them. */
export function capacity(): PanelBuilder[] {
  return [slots(), waiting(), drain()];
}

function slots(): PanelBuilder {
  return series({
    ...SIZE,
    title: "Slots in use against limit",
    description: `Tasks in processing, and how many may be: the workers' limits together, or the global one where it is lower. Normal is room between the lines; at ${100 * saturationRatio} % of the limit for ten minutes while tasks wait, add workers or raise limits: TTSConcurrencySaturated.`,
    noValue: NO_NUMBERS,
    queries: [
      { expr: "tts:db_concurrency_in_use:max", legend: "in use" },
      { expr: "min(tts:db_concurrency_limit:max)", legend: "limit" },
    ],
    unit: "short",
    decimals: 0,
    min: 0,
    colours: { "in use": NEUTRAL, limit: MUTED },
  });
}

function waiting(): PanelBuilder {
  return series({
    ...SIZE,
    title: "Waiting and stuck",
    description: `Tasks that wait for a slot, and tasks that ought to have moved on. Normal is few waiting and none stuck; over ${backlogTasks} waiting and rising, more comes than goes: TTSQueueBacklogGrowing.`,
    noValue: NO_NUMBERS,
    queries: [
      { expr: 'tts:db_tasks:max{status="pending"}', legend: "pending" },
      { expr: "sum(tts:db_tasks_stuck:max)", legend: "stuck" },
    ],
    unit: "short",
    decimals: 0,
    min: 0,
    softMax: backlogTasks,
    colours: { pending: STATUS_COLOURS.pending, stuck: STATUS_COLOURS.stuck },
    limits: scale(GOOD, [backlogTasks, WARNING]),
    link: linkTo("Pending tasks", ["tts-tasks", { status: "pending" }]),
  });
}

function drain(): PanelBuilder {
  return series({
    ...SIZE,
    title: "Time to drain the queue",
    description:
      "How long what waits would take at the pace of the last five minutes, if nothing came. Normal is seconds; a rise tells the backlog earlier than its size does. It has gaps where nothing ends, and if tasks wait then: TTSQueueStalled.",
    noValue: NOTHING_ENDED,
    queries: [{ expr: "tts:queue_drain_seconds:rate5m", legend: "drain time" }],
    unit: "s",
    min: 0,
    colours: { "drain time": STATUS_COLOURS.pending },
  });
}
