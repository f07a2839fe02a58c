import autocannon from "autocannon";

export interface Answers {
  /** good answers a second */
  rate: number;
  /** ms until a good answer */
  p50: number;
  p99: number;
  /** answers that are not 2xx */
  refused: number;
  /** requests without an answer: connections that broke, and timeouts */
  errors: number;
  /** how long it took */
  seconds: number;
}

// A naive handler lets 1,000 clients wait for seconds: that is its answer, and no error.
const TIMEOUT = 30;

/** Lets so many clients scrape, each asking again once it is answered, from a thread of their own. */
export async function scrapeAtOnce(
  url: string,
  connections: number,
  seconds: number,
  headers: Record<string, string> = {},
): Promise<Answers> {
  const result = await autocannon({
    url: `${url}/metrics`,
    connections,
    duration: seconds,
    timeout: TIMEOUT,
    headers,
    workers: 1,
  });
  return {
    rate: result["2xx"] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    refused: result.non2xx,
    errors: result.errors,
    seconds: result.duration,
  };
}
