import express, { type Express, type RequestHandler } from "express";
import { ForbiddenError } from "../errors.ts";
import { answerHeaders } from "./answer-headers.ts";
import { hangUpOnLargeBody, readBody, refuseLargeBody } from "./body.ts";
import { requireOneHost } from "./client-errors.ts";
import { errorHandler, methodNotAllowed, notFound } from "./errors.ts";
import type { Endpoint } from "./operation.ts";

/** Told of each answered request; route is the endpoint's path, or `other`. */
type RequestObserver = (route: string, code: number, seconds: number) => void;

export interface AppOptions {
  observe?: RequestObserver;
  /** what every request passes first: who may come in */
  before?: readonly RequestHandler[];
  /** lets nobody pass without a token; judged before anything else that a request to such an operation says; default: nobody passes */
  requireToken?: RequestHandler;
}

/** An express application of these endpoints, with JSON errors and nothing that tells what it is built with. */
export function createApp(endpoints: readonly Endpoint[], options: AppOptions = {}): Express {
  const { observe = () => {}, before = [], requireToken = closed } = options;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  const paths = new Set(endpoints.map(({ operation }) => operation.path));
  app.use(observed(paths, observe));
  for (const handler of [...answerHeaders, requireOneHost, hangUpOnLargeBody, ...before]) app.use(handler);
  for (const path of paths) {
    const route = app.route(path);
    const here = endpoints.filter(({ operation }) => operation.path === path);
    for (const { operation, handler } of here) {
      if (operation.token) route[operation.method](requireToken);
      route[operation.method](refuseLargeBody);
      if (operation.body) route[operation.method](readBody);
      route[operation.method](handler);
    }
    route.all(methodNotAllowed(here.map(({ operation }) => operation.method)));
  }
  app.use(notFound);
  app.use(errorHandler);
  return app;
}

/** Emitted on a response that goes on after it has answered: the time to answer is over then. */
export const ANSWER_BEGUN = Symbol("answer begun");

const closed: RequestHandler = () => {
  throw new ForbiddenError("this is closed");
};

function observed(known: ReadonlySet<string>, observe: RequestObserver): RequestHandler {
  return (request, response, next) => {
    const begin = performance.now();
    let told = false;
    const answered = () => {
      if (told) return;
      told = true;
      // Only routes that we have named ourselves become label values.
      const route: unknown = request.route?.path;
      const label = typeof route === "string" && known.has(route) ? route : "other";
      observe(label, response.statusCode, (performance.now() - begin) / 1000);
    };
    response.once("finish", answered);
    response.once(ANSWER_BEGUN, answered);
    next();
  };
}
