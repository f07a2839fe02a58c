import { describe, expect, it } from "vitest";
import { openStream } from "../support/event-stream.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { taskSteps, useStreamServers } from "../support/stream-servers.ts";

const database = useTestDatabase();
const startServer = useStreamServers(database);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);
const { queue, start, end } = taskSteps(sql);
let lastText = 1000;
const newText = () => ++lastText;

describe("a stream", () => {
  it("begins with the task's status, tells each step as it happens, and ends after the last", async () => {
    const text = newText();
    const task = await queue(text);
    const server = await startServer();
    const client = await openStream(server.url(text));
    expect(client.status).toBe(200);
    expect(client.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(client.headers["cache-control"]).toBe("no-cache, no-transform");
    expect(client.headers["x-accel-buffering"]).toBe("no");
    expect(await client.names(1)).toEqual(["status"]);
    await start(task);
    expect(await client.names(2)).toEqual(["status", "started"]);
    await end(task, "failed", "no voice");
    expect(await client.end()).toEqual(["status", "started", "failed"]);
    expect(client.events.map(({ id }) => id)).toEqual([`${task}:1`, `${task}:2`, `${task}:3`]);
    const shape = { text_id: text, start_time: null, completed_time: null, error_message: null };
    expect(client.events[0]?.data).toEqual({
      event: "status",
      ...shape,
      status: "pending",
      audio_url: null,
      filename: null,
      stage: "queued",
    });
    expect(client.events[2]?.data).toMatchObject({
      event: "failed",
      status: "failed",
      error_message: "no voice",
      stage: "done",
      duration: expect.any(Number),
    });
    expect(server.streams.held).toEqual({ clients: 0, tasks: 0 });
  });

  it("leaves out no step of a task that was looked at too late, each as it was then", async () => {
    const text = newText();
    const task = await queue(text);
    const server = await startServer();
    const client = await openStream(server.url(text));
    await client.names(1);
    await sql(
      `do $$ begin
         update tts_monitor.tasks set status = 'processing' where text_id = ${text};
         update tts_monitor.tasks set status = 'timeout' where text_id = ${text};
       end $$`,
    );
    expect(await client.end()).toEqual(["status", "started", "timeout"]);
    expect(client.events[1]).toMatchObject({
      id: `${task}:2`,
      data: { status: "processing", stage: "running", completed_time: null, start_time: expect.any(Number) },
    });
  });

  it("of a text whose newest task has ended is its status and the end", async () => {
    const text = newText();
    const task = await queue(text);
    await start(task);
    await end(task);
    const server = await startServer();
    expect(await (await openStream(server.url(text))).end()).toEqual(["status"]);
    expect(server.streams.held).toEqual({ clients: 0, tasks: 0 });
  });

  it("of a text that follows another's task has its own text_id in every event", async () => {
    const [leader, follower] = [newText(), 9_007_199_254_740_993n];
    const task = await queue(leader);
    await sql("insert into tts_monitor.followers (text_id, task_id) values ($1, $2)", [follower, task]);
    const server = await startServer();
    const [own, followed] = [await openStream(server.url(leader)), await openStream(server.url(follower))];
    await start(task);
    await end(task);
    expect(await followed.end()).toEqual(["status", "started", "completed"]);
    expect(new Set(followed.events.map(({ data }) => data["text_id"]))).toEqual(
      new Set(["9007199254740993"]),
    );
    await own.end();
    expect(new Set(own.events.map(({ data }) => data["text_id"]))).toEqual(new Set([leader]));
  });

  it.each([
    "line\nid: 1:3\ndata: {}\n\nevent: x",
    "\r\n\r\ndata: {}\r\r",
    "\u2028data: x\u2029\u0085\u007f\u009f",
    "\u0001\u001f\ufeff💥\\u000a</script>",
  ])("cannot be given a line of its own by a user's text: %j", async (hostile) => {
    const text = newText();
    const task = await queue(text);
    const server = await startServer();
    const client = await openStream(server.url(text));
    await start(task);
    await end(task, "failed", hostile);
    expect(await client.end()).toEqual(["status", "started", "failed"]);
    expect(client.events[2]?.data["error_message"]).toBe(hostile);
    const lines = client.text().split(/[\n\r\u0085\u2028\u2029]/);
    expect(lines.filter((line) => !/^(id: \d+:\d|data: \{"event":.*\}|retry: \d+|:|)$/.test(line))).toEqual(
      [],
    );
  });

  it("is refused in JSON: 400 a bad id, 404 a text without a task, 503 above the limit", async () => {
    const text = newText();
    await queue(text);
    const server = await startServer({ maxClients: 2 });
    for (const id of ["0", "-1", "1.5", "9223372036854775808", "%00", "x"]) {
      expect((await fetch(server.url(id))).status, id).toBe(400);
    }
    const unknown = await fetch(server.url(newText()));
    expect([unknown.status, await unknown.json()]).toEqual([404, { error: `text ${lastText} has no task` }]);
    const clients = [await openStream(server.url(text)), await openStream(server.url(text))];
    const refused = await fetch(server.url(text));
    expect([refused.status, await refused.json()]).toEqual([503, { error: "too many streams are open" }]);
    clients[0]?.close();
    await eventually("there is room again", async () => (await openStream(server.url(text))).status === 200);
  });

  it("never exceeds the limit, however many come at once", async () => {
    const text = newText();
    await queue(text);
    const server = await startServer({ maxClients: 5 });
    const clients = await Promise.all(Array.from({ length: 40 }, () => openStream(server.url(text))));
    expect(clients.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(clients.filter(({ status }) => status === 503)).toHaveLength(35);
  });

  it("answers HEAD with its headers alone", async () => {
    const text = newText();
    await queue(text);
    const server = await startServer();
    const head = await fetch(server.url(text), { method: "HEAD" });
    expect(head.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(server.streams.held.clients).toBe(0);
    expect((await fetch(server.url(newText()), { method: "HEAD" })).status).toBe(404);
    expect((await fetch(server.url(text), { method: "POST" })).status).toBe(405);
  });
});

describe("a client that comes again", () => {
  it("goes on after the last event that it has seen", async () => {
    const text = newText();
    const task = await queue(text);
    const server = await startServer();
    const first = await openStream(server.url(text));
    await first.names(1);
    first.close();
    await start(task);
    await end(task);
    const again = await openStream(server.url(text), first.lastEventId);
    expect(await again.end()).toEqual(["status", "started", "completed"]);
    expect(again.events.map(({ id }) => id)).toEqual([`${task}:1`, `${task}:2`, `${task}:3`]);
    expect(again.events[0]?.data["status"]).toBe("completed");
  });

  it("is told that there is nothing more by 204, which ends an EventSource", async () => {
    const text = newText();
    const task = await queue(text);
    await start(task);
    await end(task);
    const server = await startServer();
    const done = await openStream(server.url(text), `${task}:3`);
    expect([done.status, await done.end()]).toEqual([204, []]);
  });

  it("sees the end of the task that it saw first, and then the newer one from its beginning", async () => {
    const text = newText();
    const [older, newer] = [await queue(text), await queue(text)];
    const server = await startServer();
    await start(older);
    const resumed = await openStream(server.url(text), `${older}:1`);
    expect(await resumed.names(2)).toEqual(["status", "started"]);
    await end(older, "timeout");
    expect(await resumed.end()).toEqual(["status", "started", "timeout"]);
    await start(newer);
    const next = await openStream(server.url(text), resumed.lastEventId);
    expect(await next.names(3)).toEqual(["status", "queued", "started"]);
    expect(next.events.map(({ id }) => id)).toEqual([`${newer}:0`, `${newer}:1`, `${newer}:2`]);
    next.close();
    const afterBreak = await openStream(server.url(text), `${newer}:0`);
    expect(await afterBreak.names(3)).toEqual(["status", "queued", "started"]);
    await end(newer);
    expect(await afterBreak.end()).toEqual(["status", "queued", "started", "completed"]);
  });

  it("is new where its id is malformed, of another text's task, or of a step that was not reached", async () => {
    const text = newText();
    const [foreign, task] = [await queue(newText() + 500), await queue(text)];
    const server = await startServer();
    const ids = ["", "x", `${task}`, `${task}:4`, `${task}:2`, `${task}:3`, `0${task}:1`, `${foreign}:1`];
    for (const id of [...ids, `${"9".repeat(30)}:1`, `${task}:1; drop`]) {
      const client = await openStream(server.url(text), id);
      expect([id, client.status, await client.names(1)]).toEqual([id, 200, ["status"]]);
      expect(client.lastEventId).toBe(`${task}:1`);
      client.close();
    }
  });
});
