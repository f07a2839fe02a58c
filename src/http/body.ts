import { isUtf8 } from "node:buffer";
import express, { type RequestHandler } from "express";
import { InvalidInputError } from "../errors.ts";

export const LONGEST_BODY = 64 * 1024;

const parse = express.json({
  limit: LONGEST_BODY,
  strict: true,
  verify(_request, _response, bytes) {
    // Else what is no UTF-8 would be stored as something that nobody has sent.
    if (!isUtf8(bytes)) throw new InvalidInputError("the body must be JSON in UTF-8");
  },
});

/** Reads a JSON body of at most 64 KiB. An empty one is an empty object: the fields then say what is missing. */
export const readBody: RequestHandler = (request, response, next) => {
  // is() knows null for a request without a body.
  if (request.is("application/json") === false) {
    response.status(415).json({ error: "the body must be application/json" });
    return;
  }
  parse(request, response, next);
};
