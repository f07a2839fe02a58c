import type { Request } from "express";
import type { Credentials } from "./login.ts";

/** The token of `Authorization: Bearer …`. */
export function bearerToken(request: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.get("authorization") ?? "")?.[1];
}

/** User and password of `Authorization: Basic …`, in UTF-8. */
export function basicCredentials(request: Request): Credentials | undefined {
  const [, encoded] = /^Basic +([\w+/=-]+) *$/i.exec(request.get("authorization") ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
