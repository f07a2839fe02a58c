import { isUtf8 } from "node:buffer";
import express, { type Request, type RequestHandler } from "express";
import { InvalidInputError } from "../errors.ts";

const LONGEST_BODY = 64 * 1024;

const parse = express.json({
  limit: LONGEST_BODY,
  strict: true,
  verify(_request, _response, bytes) {
    // Else what is no UTF-8 would be stored as something that nobody has sent.
    if (!isUtf8(bytes)) throw new InvalidInputError("the body must be JSON in UTF-8");
  },
});

/** Hangs up after the answer where a body comes that nobody reads to its end. */
export const hangUpOnLargeBody: RequestHandler = (request, response, next) => {
  // Of a body in chunks nobody knows the size.
  if (isTooLarge(request) || request.get("Transfer-Encoding") !== undefined)
    response.set("Connection", "close");
  next();
};

/** 413 for a body above 64 KiB, also where none is read. */
export const refuseLargeBody: RequestHandler = (request, response, next) => {
  if (isTooLarge(request)) response.status(413).json(TOO_LARGE);
  else next();
};

const TOO_LARGE = { error: "the body is too large" };

function isTooLarge(request: Request): boolean {
  return Number(request.get("Content-Length") ?? 0) > LONGEST_BODY;
}

/** Reads a JSON body of at most 64 KiB. An empty one is an empty object: the fields then say what is missing. */
export const readBody: RequestHandler = (request, response, next) => {
  // is() knows null for a request without a body.
  if (request.is("application/json") === false) {
    response.status(415).json({ error: "the body must be application/json" });
    return;
  }
  // The parser would read to its end what is too large, before it says so.
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > LONGEST_BODY && !response.headersSent) response.status(413).json(TOO_LARGE);
  });
  parse(request, response, next);
};
