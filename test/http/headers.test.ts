import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAccess } from "../../src/http/access/access.ts";
import { createApp } from "../../src/http/app.ts";
import { healthy } from "../../src/http/routes/health.ts";
import { silentLogger } from "../../src/logger.ts";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables, seedTasks } from "../support/seed.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const ORIGIN = "https://pages.example.org";
const shared = useExporter(
  () => database().url,
  {},
  () => ({ corsOrigins: [ORIGIN] }),
);

beforeAll(async () => {
  await createAppTables(database().pool);
  await seedTasks(database().pool);
});

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS_2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
const PROMETHEUS_3_PROTOBUF = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,${PROMETHEUS_3}`;

describe("every answer", () => {
  it("tells browsers to do nothing with it but show it, whatever is wrong", async () => {
    const app = exporter().app;
    const answers = await Promise.all([
      request(app).get("/"),
      request(app).get("/metrics"),
      request(app).get("/api/monitor/stats"),
      request(app).get("/nothing"),
      request(app).put("/"),
      request(app).get("/api/task/status/%zz"),
      request(app).post("/api/tasks"),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 405, 400, 401]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        "content-security-policy":
          "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
      });
      for (const absent of [
        "x-powered-by",
        "strict-transport-security",
        "access-control-allow-origin",
        "server",
      ]) {
        expect(headers).not.toHaveProperty(absent);
      }
    }
  });

  it("has the headers of the web configuration, in place of our own", async () => {
    const configFile = join(folder, "web.yml");
    const headers = '{X-Frame-Options: sameorigin, Content-Security-Policy: "", X-XSS-Protection: "1"}';
    writeFileSync(configFile, `http_server_config: {headers: ${headers}}`, { mode: 0o600 });
    const access = await openAccess({ configFile }, silentLogger);
    access.close();
    const answer = await request(createApp([healthy], access)).get("/-/healthy");
    expect(answer.headers).toMatchObject({ "x-frame-options": "sameorigin", "x-xss-protection": "1" });
    expect(answer.headers).not.toHaveProperty("content-security-policy");
  });
});

describe("pages of other origins", () => {
  const preflight = (app: Parameters<typeof request>[0], origin: string) =>
    request(app).options("/api/tasks").set({ Origin: origin, "Access-Control-Request-Method": "POST" });

  it("may do nothing unless they are configured", async () => {
    const { status, headers } = await preflight(exporter().app, ORIGIN);
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD, POST"]);
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("may read and send where they are, without cookies", async () => {
    const { status, headers } = await preflight(shared().app, ORIGIN);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "Authorization,Content-Type,Last-Event-ID",
    });
    expect(headers).not.toHaveProperty("access-control-allow-credentials");
    const answer = await request(shared().app).get("/api/monitor/stats").set("Origin", ORIGIN);
    expect(answer.headers["access-control-allow-origin"]).toBe(ORIGIN);
    expect(answer.headers["vary"]).toContain("Origin");
  });

  it("may do nothing where only others are", async () => {
    for (const origin of [
      "https://evil.example",
      `${ORIGIN}.evil.example`,
      "null",
      "http://pages.example.org",
    ]) {
      const { headers } = await preflight(shared().app, origin);
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
  });
});

describe("/metrics", () => {
  it.each([
    [undefined, TEXT],
    [PROMETHEUS_2, OPENMETRICS],
    [PROMETHEUS_3, OPENMETRICS],
    [PROMETHEUS_3_PROTOBUF, OPENMETRICS],
    ["text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1", TEXT],
    ["application/openmetrics-text", OPENMETRICS],
    ["application/openmetrics-text;version=1.0.0;q=0,text/plain", TEXT],
    ["application/openmetrics-text;version=0.0.1", TEXT],
    ["application/openmetrics-text;version=2.0.0", TEXT],
    ["*/*", TEXT],
    ["text/*", TEXT],
    ["application/json", TEXT],
    [";;;q=,,,/*", TEXT],
  ])("negotiates %s, compressed or not", async (accept, contentType) => {
    for (const encoding of ["identity", "gzip"]) {
      const answer = await request(exporter().app)
        .get("/metrics")
        .set({ "Accept-Encoding": encoding, ...(accept !== undefined && { Accept: accept }) });
      expect(answer.status).toBe(200);
      expect(answer.headers["content-type"]).toBe(contentType);
      expect(answer.headers["content-encoding"]).toBe(encoding === "gzip" ? "gzip" : undefined);
      expect(String(answer.headers["vary"]).split(", ").sort()).toEqual(["Accept", "Accept-Encoding"]);
    }
  });
});

describe("compression", () => {
  /** As it comes over the wire. */
  async function raw(path: string, headers: Record<string, string>) {
    const server = createServer(exporter().app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const [response] = await once(get({ port, path, headers, agent: false }), "response");
    const chunks = await response.toArray();
    server.close();
    return { headers: response.headers, body: Buffer.concat(chunks) };
  }

  it("is for whoever asks, and gives the same", async () => {
    const document = await raw("/openapi.json", { "Accept-Encoding": "identity" });
    const compressed = await raw("/openapi.json", { "Accept-Encoding": "gzip" });
    expect(document.headers["content-encoding"]).toBeUndefined();
    expect(compressed.headers["content-encoding"]).toBe("gzip");
    expect(compressed.body.length).toBeLessThan(document.body.length / 3);
    expect(gunzipSync(compressed.body).equals(document.body)).toBe(true);
    const refused = await raw("/openapi.json", { "Accept-Encoding": "gzip;q=0, br;q=0" });
    expect(refused.headers["content-encoding"]).toBeUndefined();
  });

  it("leaves what is short as it is, and gives HEAD no body", async () => {
    const short = await raw("/-/healthy", { "Accept-Encoding": "gzip" });
    expect([short.headers["content-encoding"], String(short.body)]).toEqual([undefined, "Healthy.\n"]);
    for (const path of ["/metrics", "/openapi.json", "/"]) {
      const { status, headers, text } = await request(exporter().app)
        .head(path)
        .set("Accept-Encoding", "gzip");
      expect([path, status, text ?? ""]).toEqual([path, 200, ""]);
      expect(headers["vary"]).toContain("Accept-Encoding");
    }
  });
});
