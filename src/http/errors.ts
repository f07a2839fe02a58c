import type { ErrorRequestHandler, RequestHandler } from "express";
import { isConnectionError } from "../db/sqlstate.ts";
import { codeOf } from "../domain/thrown.ts";
import {
  ConcurrencyLimitError,
  TaskEndedError,
  TaskStateError,
  TooManyAttemptsError,
  TtsMonitorError,
  UnauthorizedError,
} from "../errors.ts";

/** The last handler of the chain: no endpoint has this path. */
export const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ error: "no such path" });
};

/** 405 with `Allow`, for the methods that a path does not answer. HEAD is answered like GET. */
export function methodNotAllowed(methods: readonly ("get" | "post")[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : ["POST"]));
  return (_request, response) => {
    response.status(405).set("Allow", allowed.join(", ")).json({ error: "method not allowed" });
  };
}

/** The one place where errors become HTTP: `{"error"}`, without stack, SQL or path. */
export const errorHandler: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { status, message, fields, headers } = describe(error);
  response
    .status(status)
    .set(headers ?? {})
    .json({ error: message, ...fields });
};

interface Description {
  status: number;
  message: string;
  fields?: object;
  headers?: Record<string, string>;
}

function describe(error: unknown): Description {
  if (error instanceof TtsMonitorError) return { ...detailsOf(error), ...plain(error) };
  const status = clientErrorStatus(error);
  if (status !== undefined)
    return { status, message: status === 413 ? "the body is too large" : "malformed request" };
  if (isConnectionError(error)) return { status: 503, message: "the database does not answer" };
  if (isSqlError(error)) return { status: 503, message: "the database cannot answer this now" };
  return { status: 500, message: "internal error" };
}

const plain = (error: TtsMonitorError) => ({ status: error.httpStatus, message: error.message });

/** What some errors tell besides their message. */
function detailsOf(error: TtsMonitorError): Pick<Description, "fields" | "headers"> {
  if (error instanceof TaskEndedError || error instanceof TaskStateError) {
    return { fields: { status: error.status } };
  }
  if (error instanceof UnauthorizedError)
    return { headers: { "WWW-Authenticate": `${error.scheme} realm="tts-monitor"` } };
  if (error instanceof TooManyAttemptsError) return { headers: { "Retry-After": String(error.seconds) } };
  if (error instanceof ConcurrencyLimitError) return { headers: { "Retry-After": "1" } };
  return {};
}

/** Express and its parsers mark what the client did wrong, such as bad percent-encoding, with a 4xx status. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return undefined;
  return error.status >= 400 && error.status < 500 ? error.status : undefined;
}

/** SQLSTATE: five characters; the schema may be missing or a statement may have taken too long. */
function isSqlError(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(codeOf(error));
}
