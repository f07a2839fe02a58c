import type { RequestHandler } from "express";
import { FORMATS, type Format, render } from "../../metrics/exposition.ts";

type Rendered = Parameters<typeof render>;

/**
 * `GET /metrics` in the format that the scraper accepts.
 * @param measure what to render; gets the time within which to answer (ms, Infinity when the scraper names none)
 */
export function metricsRoute(
  measure: (budget: number) => Promise<{ measurements: Rendered[0]; registries: Rendered[1] }>,
  timeoutOffset = 0,
): RequestHandler {
  return async (request, response) => {
    const budget = scrapeBudget(request.get("X-Prometheus-Scrape-Timeout-Seconds"), timeoutOffset);
    const { measurements, registries } = await measure(budget);
    const { contentType, body } = await render(
      measurements,
      registries,
      format(request.accepts(Object.values(FORMATS))),
    );
    // Not response.send: it would rewrite the content type.
    response.setHeader("Content-Type", contentType);
    response.setHeader("Vary", "Accept");
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

/** Text unless OpenMetrics is what the scraper likes best. */
function format(accepted: string | false): Format {
  return accepted === FORMATS.openmetrics ? "openmetrics" : "text";
}

/** ms; a header that is no number above the offset is ignored. */
export function scrapeBudget(header: string | undefined, offset: number): number {
  const timeout = Number(header) * 1000;
  return Number.isFinite(timeout) && timeout > offset ? timeout - offset : Number.POSITIVE_INFINITY;
}
