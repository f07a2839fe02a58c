import type { RequestHandler } from "express";
import type pg from "pg";
import { readScrapeTargets } from "../../db/worker-store.ts";
import { isScrapeAddress } from "../../domain/address.ts";

/**
 * `GET /sd/workers`: Prometheus' HTTP service discovery, a group per worker
 * (https://prometheus.io/docs/prometheus/latest/http_sd/). Without the database it fails, because Prometheus keeps
 * its targets on an error and drops them all on an empty list.
 */
export function workersRoute(pool: pg.Pool, discovered: (targets: number) => void): RequestHandler {
  return async (_request, response) => {
    const workers = await readScrapeTargets(pool);
    const groups = workers
      .filter(({ address }) => isScrapeAddress(address))
      .map(({ worker, address }) => ({ targets: [address], labels: { worker } }));
    discovered(groups.length);
    response.json(groups);
  };
}
