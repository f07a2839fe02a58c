import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import pLimit from "p-limit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { differences } from "../../src/domain/audit.ts";
import { type HttpServer, listen } from "../../src/http/server.ts";
import { compareTasks } from "../../src/jobs/compare.ts";
import { AUTHORIZED } from "../support/api.ts";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
let server: HttpServer;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

beforeAll(async () => {
  await createAppTables(database().pool);
  await track(database().pool);
  await seedTasks(database().pool);
  server = await listen(exporter().app, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  agent.destroy();
  await server?.close();
});

interface Malformed {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

const encoded = fc
  .uint8Array({ maxLength: 12 })
  .map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
const piece = fc.oneof(
  encoded,
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.string({ unit: "binary", maxLength: 20 }).map((value) => encodeURIComponent(value.toWellFormed())),
  fc.constantFrom(
    "0",
    "1",
    "10",
    "1.5",
    "1e3",
    "%",
    "%zz",
    "%00",
    "..",
    "%2e%2e%2f",
    "null",
    "__proto__",
    "1;--",
  ),
  fc.constantFrom(
    "failed",
    "failed,timeout",
    "failed,",
    "24h",
    "-24h",
    "9".repeat(4000),
    "worker-1",
    "500",
    "501",
  ),
);
const FIELDS = ["text_id", "content", "content_hash", "worker", "concurrency"];
const REPORTED = ["audio_url", "filename", "file_size", "reason", "error_message", "__proto__"];
const anyField = fc.constantFrom(...FIELDS, ...REPORTED);
const anyJson = fc.oneof(
  fc.dictionary(anyField, fc.oneof(fc.jsonValue(), fc.integer(), fc.string({ unit: "binary" })), {
    maxKeys: 6,
  }),
  fc.jsonValue(),
);
// Well-formed now and then, or else nothing is ever recorded that the rest could spoil.
const submission = fc.record({
  text_id: fc.integer({ min: 1, max: 12 }),
  content: fc.string(),
  worker: fc.constant("fuzz"),
});
const body = fc.oneof(
  submission.map((value) => Buffer.from(JSON.stringify(value))),
  anyJson.map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom("", "{", '{"text_id":1,"text_id":2}', "[".repeat(20_000), `"${"x".repeat(70_000)}"`)
    .map(Buffer.from),
);
const headers = fc.record(
  {
    "content-type": fc.constantFrom(
      ...Array<string>(6).fill("application/json"),
      "application/json; charset=utf-16",
      "application/json; charset=nonsense",
      "text/plain",
      "multipart/form-data",
      "/",
    ),
    "content-encoding": fc.constantFrom("gzip", "deflate", "br", "nonsense"),
    accept: fc.constantFrom("*/*", "application/openmetrics-text", ";;;q=x", "text/html;q=0"),
    "accept-encoding": fc.constantFrom("gzip", "gzip;q=0", "*", ";;"),
    "x-prometheus-scrape-timeout-seconds": fc.constantFrom("NaN", "-1", "1e999", "0.0001", "ten"),
    "last-event-id": fc.constantFrom("1:3", "1", ":", "-1:-1", "9".repeat(500)),
    range: fc.constant("bytes=0-1"),
    "if-none-match": fc.constant("*"),
    expect: fc.constantFrom("100-continue", "nonsense"),
  },
  { requiredKeys: ["content-type"] },
);

function malformed(): fc.Arbitrary<Malformed> {
  const paths = exporter().endpoints.map(({ operation }) => operation.path);
  const query = fc
    .array(
      fc.tuple(fc.constantFrom("status", "since", "worker", "q", "limit", "cursor", "order", "x[y]"), piece),
      {
        maxLength: 4,
      },
    )
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));
  const path = fc
    .tuple(fc.constantFrom(...paths, "/api", "/metrics/", "//", "/api/task/status"), piece, query)
    .map(([template, id, search]) => `${template.replace(/:\w+/, id)}${search && "?"}${search}`);
  return fc.record({
    method: fc.constantFrom(
      "GET",
      "GET",
      "HEAD",
      "POST",
      "POST",
      "PUT",
      "DELETE",
      "OPTIONS",
      "PATCH",
      "TRACE",
    ),
    path,
    headers,
    body,
  });
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

async function send({ method, path, headers: given, body: sent }: Malformed): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { ...AUTHORIZED, ...given, "content-length": sent.length };
    const options = {
      agent,
      port: server.port,
      host: "127.0.0.1",
      method,
      path,
      headers: all,
      timeout: 10_000,
    };
    const outgoing = request(options, (incoming) => {
      const answer = { status: incoming.statusCode ?? 0, headers: incoming.headers };
      if (incoming.headers["content-type"]?.startsWith("text/event-stream")) {
        outgoing.destroy();
        resolve({ ...answer, body: "" });
        return;
      }
      text(incoming).then((received) => resolve({ ...answer, body: received }), reject);
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    outgoing.end(sent);
  });
}

const INNARDS = /select |insert |update |node_modules|\.ts\b|\.js\b|at \w+ \(|tts_monitor\.|postgres/i;

function expectRefusalInOurWords({ status, headers: received, body: refusal }: Answer, method: string): void {
  if (status < 400 || method === "HEAD" || status === 417) return;
  expect(received["content-type"]).toMatch(/^application\/json/);
  const { error } = JSON.parse(refusal) as { error: string };
  expect(error).toMatch(/./);
  expect(error).not.toMatch(INNARDS);
}

it("10,000 malformed requests get an answer below 500 each, in JSON without innards, and leave the books exact", async () => {
  const limit = pLimit(16);
  const requests = fc.sample(malformed(), { seed: 4, numRuns: 10_000 });
  const counted = new Map<number, number>();
  await Promise.all(
    requests.map((one) =>
      limit(async () => {
        const answer = await send(one);
        counted.set(answer.status, (counted.get(answer.status) ?? 0) + 1);
        expect(
          answer.status,
          `${one.method} ${one.path} ${one.body.subarray(0, 200)} ${answer.body}`,
        ).toBeLessThan(500);
        expectRefusalInOurWords(answer, one.method);
      }),
    ),
  );
  // The mixture reaches what it is meant to reach.
  for (const status of [200, 201, 400, 404, 405, 413, 415])
    expect([status, counted.get(status)]).not.toContain(undefined);
  expect(differences(await compareTasks(exporter().workPool))).toEqual([]);
}, 120_000);

it("what is no HTTP is answered with 400 or cut off, and the next request is answered", async () => {
  const garbage = fc.sample(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          "GET / HTTP/9.9\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzzz",
          `GET / HTTP/1.1\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
          "POST /api/tasks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        )
        .map(Buffer.from),
    ),
    { seed: 4, numRuns: 300 },
  );
  const limit = pLimit(16);
  const answers = await Promise.all(garbage.map((bytes) => limit(() => sendGarbage(bytes))));
  for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  expect((await fetch(`http://127.0.0.1:${server.port}/-/healthy`)).status).toBe(200);
}, 60_000);

function sendGarbage(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.end(bytes));
    let received = "";
    socket.on("data", (data) => {
      received += data;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}
