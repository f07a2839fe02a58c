import { once } from "node:events";
import { get, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";

interface Answer {
  headers: Record<string, string>;
  body: Buffer;
}

const KEPT = ["content-type", "content-encoding", "vary"];
const FRESH = 1000;

/**
 * Answers with what a worker on this port has answered within the last second. A thousand workers have a thousand
 * processes to render in; here one would have to, and take the core that Prometheus needs.
 */
export function answerOf(port: number): RequestListener {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<Answer> | undefined;
  return (request, response) => {
    if (!answer || performance.now() - askedAt > FRESH) {
      askedAt = performance.now();
      answer = ask(port, request.headers);
    }
    answer.then(
      ({ headers, body }) => response.writeHead(200, headers).end(body),
      (error: Error) => response.writeHead(502).end(error.message),
    );
  };
}

async function ask(port: number, headers: IncomingHttpHeaders): Promise<Answer> {
  const request = get({ host: "127.0.0.1", port, path: "/metrics", headers });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const kept = KEPT.flatMap((name) => {
    const value = response.headers[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  return { headers: Object.fromEntries(kept), body: await buffer(response) };
}
