import { once } from "node:events";
import { connect } from "node:net";
import type { RequestHandler, Response } from "express";
import request from "supertest";
import { describe, expect, it } from "vitest";
import type { Patience } from "../../src/http/stream/pulse.ts";
import { openStream } from "../support/event-stream.ts";
import { eventually } from "../support/eventually.ts";
import { useExporter } from "../support/exporter.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { taskSteps, useStreamServers } from "../support/stream-servers.ts";

const database = useTestDatabase();
const startServer = useStreamServers(database);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);
const { queue } = taskSteps(sql);
let lastText = 1000;
const newText = () => ++lastText;

describe("the connection", () => {
  it("gets a comment at least every interval, for all that nothing happens", async () => {
    const text = newText();
    await queue(text);
    const server = await startServer({ patience: { comment: 100, stalled: 30_000 } });
    const client = await openStream(server.url(text));
    await eventually("five comments", () => client.comments() >= 5);
    expect(client.events).toHaveLength(1);
  });

  it.each([
    ["more than 64 kB wait", { comment: 100, stalled: 3_600_000 }, 1 << 20],
    ["bytes wait for too long", { comment: 100, stalled: 400 }, 1],
  ])("of a client that does not read is destroyed where %s", async (_case, patience, beyond) => {
    const { server, leave } = await deafClient(patience, beyond);
    await eventually("it is gone", () => server.streams.held.clients === 0);
    expect(server.streams.held.tasks).toBe(0);
    leave();
  });

  it("of a client that does not read does not hold up the end of the process", async () => {
    const { server, leave } = await deafClient({ comment: 3_600_000, stalled: 3_600_000 }, 1 << 20);
    server.streams.drain();
    await eventually("it is gone", () => server.streams.held.clients === 0, 3000);
    leave();
  });

  it("of a thousand that come and go leaves nothing behind", async () => {
    const texts = Array.from({ length: 20 }, newText);
    for (const text of texts) await queue(text);
    const server = await startServer();
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(
        Array.from({ length: 100 }, (_, index) => openStream(server.url(texts[index % 20] ?? 0))),
      );
      for (const client of clients) client.close();
    }
    await eventually("nothing is held", () => {
      expect(server.streams.held).toEqual({ clients: 0, tasks: 0 });
      return true;
    });
  });
});

describe("three hundred clients", () => {
  it("are all told, each once, of tasks that end together", async () => {
    const texts = Array.from({ length: 30 }, newText);
    const tasks: string[] = [];
    for (const text of texts) tasks.push(await queue(text));
    const server = await startServer();
    const clients = await Promise.all(
      Array.from({ length: 300 }, (_, index) => openStream(server.url(texts[index % 30] ?? 0))),
    );
    await sql("update tts_monitor.tasks set status = 'processing' where id = any($1)", [tasks]);
    await sql("update tts_monitor.tasks set status = 'completed' where id = any($1)", [tasks]);
    for (const client of clients) expect(await client.end()).toEqual(["status", "started", "completed"]);
    expect(server.streams.held).toEqual({ clients: 0, tasks: 0 });
  });
});

describe("the exporter", () => {
  const exporter = useExporter(() => database().url);
  const clients = async () =>
    total(parseExposition((await request(exporter().app).get("/metrics")).text), "tts_monitor_sse_clients");

  it("counts its streams' clients, observes when they are answered, and ends them when it drains", async () => {
    const text = newText();
    await queue(text);
    expect(await clients()).toBe(0);
    const server = exporter().app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address?.port}/api/task/stream/${text}`;
    const client = await openStream(url);
    expect(await clients()).toBe(1);
    const lines = parseExposition((await request(exporter().app).get("/metrics")).text);
    const route = { route: "/api/task/stream/:text_id", code: "200" };
    expect(total(lines, "tts_monitor_http_request_duration_seconds_count", route)).toBe(1);
    exporter().drain();
    expect(await client.end()).toEqual(["status"]);
    expect(await clients()).toBe(0);
    const refused = await fetch(url);
    expect([refused.status, await refused.json()]).toEqual([503, { error: "shutting down" }]);
    server.close();
    await once(server, "close");
  });
});

/** A client for whom bytes wait that it does not read. @param beyond how many, beyond what the kernel takes */
async function deafClient(patience: Patience, beyond: number) {
  const text = newText();
  await queue(text);
  let response: Response | undefined;
  const keep: RequestHandler = (_request, given, next) => {
    response = given;
    next();
  };
  const server = await startServer({ patience, before: { before: [keep] } });
  const socket = connect(Number(new URL(server.url(text)).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(`GET /api/task/stream/${text} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, "readable");
  await fill(response, beyond);
  expect(server.streams.held.clients).toBe(1);
  return { server, leave: () => socket.destroy() };
}

/** Writes until the kernel takes no more, and so many bytes beyond. */
async function fill(response: Response | undefined, beyond: number): Promise<void> {
  if (!response) throw new Error("there is no response");
  while (response.writableLength === 0) {
    response.write(`: ${"x".repeat(16_384)}\n\n`);
    await new Promise(setImmediate);
  }
  if (beyond > response.writableLength) response.write(`: ${"x".repeat(beyond)}\n\n`);
}
