import express, { type Express, type RequestHandler } from "express";
import { errorHandler, methodNotAllowed, notFound } from "./errors.ts";

/** A path and what answers on it. Other methods get 405. */
export interface Endpoint {
  path: string;
  get?: RequestHandler;
}

/** Told of each answered request; route is the endpoint's path, or `other`. */
export type RequestObserver = (route: string, code: number, seconds: number) => void;

/** An express application of these endpoints, with JSON errors and nothing that tells what it is built with. */
export function createApp(endpoints: readonly Endpoint[], observe: RequestObserver = () => {}): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(observed(endpoints, observe));
  for (const { path, get } of endpoints) {
    const route = app.route(path);
    if (get) route.get(get);
    route.all(methodNotAllowed(get ? ["GET", "HEAD"] : []));
  }
  app.use(notFound);
  app.use(errorHandler);
  return app;
}

function observed(endpoints: readonly Endpoint[], observe: RequestObserver): RequestHandler {
  const known = new Set(endpoints.map(({ path }) => path));
  return (request, response, next) => {
    const begin = performance.now();
    response.once("finish", () => {
      // Only routes that we have named ourselves become label values.
      const route: unknown = request.route?.path;
      const label = typeof route === "string" && known.has(route) ? route : "other";
      observe(label, response.statusCode, (performance.now() - begin) / 1000);
    });
    next();
  };
}
