import { z } from "zod";
import type { SystemStatus } from "../../collectors/system-status.ts";
import { oneOf, time } from "../fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";
import { monitorStats } from "./stats.ts";

const seconds = z.number().meta({ description: "seconds" });

const STATUS = describe({
  id: "getSystemStatus",
  method: "get",
  path: "/api/debug/system/status",
  summary: "The statistics, the running tasks and what may be wrong, from one snapshot.",
  answers: {
    200: z.object({
      monitor_stats: monitorStats,
      active_tasks: monitorStats.shape.active_list,
      system_health: z.object({
        status: oneOf("healthy", "degraded"),
        problems: z.array(z.string()).meta({ description: "why it is degraded, one line each" }),
        database: z.literal("up"),
        schema_version: z.int(),
        version: z.string(),
        workers: z.object({ live: z.int(), draining: z.int(), lost: z.int() }),
        pending_tasks: z.int(),
        processing_tasks: z.int(),
        oldest_pending_age: seconds,
        oldest_processing_age: seconds,
        stuck_tasks: z.object({ deadline_passed: z.int(), heartbeat_stale: z.int(), never_claimed: z.int() }),
        texts_tracked: z.boolean().nullable(),
        texts_counted_at: time.nullable(),
      }),
    }),
  },
  errors: [503],
});

/** Without the database there is no answer but the error: never zeros. */
export function systemStatus(
  read: () => Promise<SystemStatus & { schemaVersion: number }>,
  version: string,
): Endpoint {
  return json(STATUS, async () => {
    const { schemaVersion, system_health, ...status } = await read();
    const { status: state, problems, ...facts } = system_health;
    const about = { database: "up" as const, schema_version: schemaVersion, version };
    return { 200: { ...status, system_health: { status: state, problems, ...about, ...facts } } };
  });
}
