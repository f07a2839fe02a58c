import type { RequestHandler } from "express";

/** `GET /-/healthy`: the process answers. */
export const healthyRoute: RequestHandler = (_request, response) => {
  response.type("text/plain").send("Healthy.\n");
};

/**
 * `GET /-/ready`: 200, or 503 naming what is missing.
 * @param problem resolves to undefined when ready
 */
export function readyRoute(problem: () => Promise<string | undefined>): RequestHandler {
  return async (_request, response) => {
    const missing = await problem();
    response.status(missing === undefined ? 200 : 503).type("text/plain");
    response.send(missing === undefined ? "Ready.\n" : `Not ready: ${missing}.\n`);
  };
}
