import type { RequestHandler } from "express";
import type { MonitorStats } from "../../collectors/stats.ts";

/** `GET /api/monitor/stats`: the old monitor's JSON, from the same snapshot reader as the metrics. */
export function statsRoute(read: () => Promise<MonitorStats>): RequestHandler {
  return async (_request, response) => {
    response.json(await read());
  };
}
