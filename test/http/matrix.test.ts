import { once } from "node:events";
import { request } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import type { Exporter } from "../../src/exporter.ts";
import { type HttpServer, listen } from "../../src/http/server.ts";
import { TOKEN } from "../support/api.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables } from "../support/seed.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const AUTHORIZATIONS = {
  none: undefined,
  wrong: "Bearer wrong-token",
  right: `Bearer ${TOKEN}`,
  user: `Basic ${Buffer.from(`user:${TOKEN}`).toString("base64")}`,
};
type Authorization = keyof typeof AUTHORIZATIONS;

const database = useTestDatabase();
beforeAll(() => createAppTables(database().pool));

/** The status alone: a stream would not end. */
async function statusOf(port: number, method: string, path: string, who: Authorization): Promise<number> {
  const authorization = AUTHORIZATIONS[who];
  const sent = request({
    port,
    method,
    path,
    agent: false,
    headers: authorization === undefined ? {} : { authorization },
  });
  const [response] = await once(sent.end(), "response");
  response.on("error", () => {});
  sent.destroy();
  return response.statusCode;
}

describe.each([
  ["a token is configured", undefined],
  ["no token is configured", () => ({})],
])("where %s", (_title, access) => {
  const exporter = useExporter(() => database().url, {}, access);
  let server: HttpServer;
  beforeAll(async () => {
    server = await listen(exporter().app, { host: "127.0.0.1", port: 0 });
  });
  atEndOfFile(() => server.close());

  /** What the operation of this method says, if there is one: HEAD is answered like GET. */
  function expected(here: Exporter["endpoints"], method: string, who: Authorization): number | "in" {
    const operation = here.find(
      (endpoint) => endpoint.operation.method === (method === "HEAD" ? "get" : method.toLowerCase()),
    )?.operation;
    if (!operation) return 405;
    if (!operation.token) return "in";
    if (access) return 403;
    return who === "right" ? "in" : 401;
  }

  it("each endpoint lets in whom its description says, by each method, with each kind of credentials", async () => {
    const { endpoints } = exporter();
    const wanted: unknown[] = [];
    const got: unknown[] = [];
    for (const path of new Set(endpoints.map(({ operation }) => operation.path))) {
      const here = endpoints.filter(({ operation }) => operation.path === path);
      for (const method of METHODS) {
        for (const who of Object.keys(AUTHORIZATIONS) as Authorization[]) {
          const status = await statusOf(server.port, method, path.replaceAll(/:\w+/g, "1"), who);
          const outcome = [401, 403, 405].includes(status) || status >= 500 ? status : "in";
          // After ten wrong tokens the address has used up its guesses.
          got.push([path, method, who, outcome === "in" && status === 429 ? 401 : outcome]);
          wanted.push([path, method, who, expected(here, method, who)]);
        }
      }
    }
    expect(got).toEqual(wanted);
    expect(endpoints.filter(({ operation }) => operation.token).length).toBeGreaterThan(0);
    expect(wanted.length).toBeGreaterThan(endpoints.length * METHODS.length);
  });
});
