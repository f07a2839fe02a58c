import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { RequestHandler } from "express";
import { InvalidInputError } from "../errors.ts";

const LINGER_MS = 1000;

const ANSWERS: Record<string, [string, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "the request took too long"],
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "the headers are too large"],
};
const MALFORMED: [string, string] = ["400 Bad Request", "malformed request"];

/** 400 for a request without a host, and for one with two: a proxy before us may have read the other. */
export const requireOneHost: RequestHandler = (request, _response, next) => {
  const hosts = request.headersDistinct["host"]?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== "1.0")) {
    throw new InvalidInputError("a request names one host");
  }
  next();
};

/** Answers what never became a request for the application, as errors are answered elsewhere, and hangs up. */
export function answerClientErrors(server: Pick<Server, "on">): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on("request", (request, response) => void answers.set(request.socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const answer = answers.get(socket);
    // Half an answer is on its way already, of which this would become a part.
    const begun = answer?.headersSent && !answer.writableFinished;
    if (!socket.writable || begun || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const [status, message] = ANSWERS[error.code ?? ""] ?? MALFORMED;
    const body = JSON.stringify({ error: message });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n` +
        `Connection: close\r\n\r\n${body}`,
    );
    // Not at once, which could take the answer back from who still sends; not never, which would keep the connection.
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
}
