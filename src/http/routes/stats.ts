import { z } from "zod";
import type { MonitorStats } from "../../collectors/stats.ts";
import { idInAnswer, status, time } from "../fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";

export const monitorStats = z.object({
  active_tasks: z.int(),
  max_concurrent: z.int(),
  total_tasks: z.int(),
  success_rate: z.number(),
  avg_duration: z.number(),
  tasks_started: z.int(),
  tasks_completed: z.int(),
  tasks_failed: z.int(),
  active_list: z
    .array(z.object({ text_id: idInAnswer, status, start_time: time, duration: z.number() }))
    .max(1000),
  timestamp: time,
});

const STATS = describe({
  id: "getStats",
  method: "get",
  path: "/api/monitor/stats",
  summary: "The old monitor's numbers, each equal to its metric in the same snapshot.",
  answers: { 200: monitorStats },
  errors: [503],
});

/** The old monitor's JSON, from the same snapshot reader as the metrics. */
export function stats(read: () => Promise<MonitorStats>): Endpoint {
  return json(STATS, async () => ({ 200: await read() }));
}
