import type { Request, RequestHandler } from "express";
import { ForbiddenError, UnauthorizedError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { basicCredentials, bearerToken } from "./credentials.ts";
import type { Failures } from "./failures.ts";
import type { Login } from "./login.ts";
import type { Tokens } from "./tokens.ts";

/**
 * Lets nobody in without a user and a password, where there are users. Who has a token is let in by it, because one
 * header cannot carry both.
 */
export function requireLogin(
  login: () => Login,
  tokens: () => Tokens | undefined,
  failures: { login: Failures; token: Failures },
): RequestHandler {
  return async (request, _response, next) => {
    if (!login().needed || tokenName(request, tokens()) !== undefined) {
      next();
      return;
    }
    const address = request.socket.remoteAddress;
    if (bearerToken(request) !== undefined) await failures.token.count(address);
    const credentials = basicCredentials(request);
    if (!credentials) throw new UnauthorizedError("this needs a user and a password", "Basic");
    await failures.login.refuseWhereBlocked(address);
    const right = await login().check(credentials, () => failures.login.count(address));
    if (!right) throw new UnauthorizedError("wrong user or password", "Basic");
    next();
  };
}

/**
 * Lets nobody pass without a token of the file. A right one passes however many wrong ones come from its address: it
 * cannot be guessed, and a neighbour's mistake must not cost a worker its results.
 */
export function requireToken(
  tokens: () => Tokens | undefined,
  failures: Failures,
  log: Logger,
): RequestHandler {
  return async (request, _response, next) => {
    const known = tokens();
    if (!known) throw new ForbiddenError("this is closed: no --api.token-file is configured");
    const name = tokenName(request, known);
    if (name === undefined) {
      if (bearerToken(request) === undefined) throw new UnauthorizedError("this needs a token", "Bearer");
      await failures.count(request.socket.remoteAddress);
      throw new UnauthorizedError("wrong token", "Bearer");
    }
    log.debug({ token: name, method: request.method, route: request.route?.path }, "came in by a token");
    next();
  };
}

function tokenName(request: Request, tokens: Tokens | undefined): string | undefined {
  const token = bearerToken(request);
  return token === undefined ? undefined : tokens?.nameOf(token);
}
