import { Refused } from "./stage.ts";

const PATIENCE = 10_000;

interface HasToken {
  /** that opens what changes something */
  token: string;
}

interface HasUrl {
  /** http://host:port of an exporter */
  url: string;
}

export interface Reply {
  status: number;
  /** empty where the answer is not an object in JSON */
  json: Record<string, unknown>;
}

/**
 * Asks an exporter's API, with the token.
 * @param body a POST with it, in JSON; undefined: a GET
 * @throws Refused where nobody listens, another error where no answer comes within 10 s
 */
export async function ask({ token }: HasToken, { url }: HasUrl, path: string, body?: object): Promise<Reply> {
  const response = await fetch(`${url}${path}`, {
    method: body ? "POST" : "GET",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      // A connection that is kept may end just as it is used again, and nobody knows then what was done.
      connection: "close",
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((error: Error) => {
    throw isRefusal(error.cause) ? new Refused(String(error.cause)) : error;
  });
  const text = await response.text();
  return { status: response.status, json: parsed(text) };
}

function isRefusal(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** @throws Refused where the answer says that nothing was done, another error where it leaves that open */
export function expectDone({ status, json }: Reply): void {
  const message = `${status}: ${JSON.stringify(json)}`;
  if (status >= 500) throw new Error(message);
  if (status >= 400) throw new Refused(message);
}
