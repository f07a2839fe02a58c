import type { Request } from "express";
import { z } from "zod";
import { FORMATS, type Format } from "../../metrics/exposition.ts";
import type { Exposition } from "../../metrics/renderer.ts";
import { describe, type Endpoint, raw } from "../operation.ts";

const METRICS = describe({
  id: "getMetrics",
  method: "get",
  path: "/metrics",
  summary: "Metrics for Prometheus: text format 0.0.4, or OpenMetrics 1.0 where it is accepted.",
  contentType: FORMATS.text,
  answers: { 200: z.string() },
});

/** @param budget ms within which to answer, Infinity when the scraper names none */
export type Expose = (format: Format, budget: number) => Promise<Exposition>;

/** Metrics in the format that the scraper accepts. */
export function metrics(expose: Expose, { path = METRICS.path, timeoutOffset = 0 } = {}): Endpoint {
  return raw({ ...METRICS, path }, async ({ request }, response) => {
    const budget = scrapeBudget(request.get("X-Prometheus-Scrape-Timeout-Seconds"), timeoutOffset);
    const { contentType, text, zipped } = await expose(format(request), budget);
    // Not response.send: it would rewrite the content type.
    response.setHeader("Content-Type", contentType);
    response.vary("Accept");
    const body = request.acceptsEncodings("gzip") ? await zipped() : text;
    if (body !== text) response.setHeader("Content-Encoding", "gzip");
    response.setHeader("Content-Length", body.length);
    response.end(request.method === "HEAD" ? undefined : body);
  });
}

/** Text unless OpenMetrics is what the scraper likes best. */
function format(request: Request): Format {
  // How Prometheus 3 wants names escaped that are not like ours: it would match no format of ours.
  const accept = request.headers.accept?.replaceAll(/;\s*escaping=[\w-]+/gi, "");
  if (accept !== undefined) request.headers.accept = accept;
  const accepted = request.accepts(Object.values(FORMATS));
  return accepted === FORMATS.openmetrics ? "openmetrics" : "text";
}

/** ms; a header that is no number above the offset is ignored. */
export function scrapeBudget(header: string | undefined, offset: number): number {
  const timeout = Number(header) * 1000;
  return Number.isFinite(timeout) && timeout > offset ? timeout - offset : Number.POSITIVE_INFINITY;
}
