import type pg from "pg";
import { z } from "zod";
import { readScrapeTargets } from "../../db/worker-store.ts";
import { isScrapeAddress } from "../../domain/address.ts";
import { describe, type Endpoint, json } from "../operation.ts";

const WORKERS = describe({
  id: "discoverWorkers",
  method: "get",
  path: "/sd/workers",
  summary: "Prometheus' HTTP service discovery: a group for each worker to scrape.",
  answers: {
    200: z.array(
      z.object({ targets: z.array(z.string()).length(1), labels: z.object({ worker: z.string() }) }),
    ),
  },
  errors: [503],
});

/**
 * The workers to scrape (https://prometheus.io/docs/prometheus/latest/http_sd/). Without the database it fails, because
 * Prometheus keeps its targets on an error and drops them all on an empty list.
 */
export function workers(pool: pg.Pool, discovered: (targets: number) => void): Endpoint {
  return json(WORKERS, async () => {
    const found = await readScrapeTargets(pool);
    const groups = found
      .filter(({ address }) => isScrapeAddress(address))
      .map(({ worker, address }) => ({ targets: [address], labels: { worker } }));
    discovered(groups.length);
    return { 200: groups };
  });
}
