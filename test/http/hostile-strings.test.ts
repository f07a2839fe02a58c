import fc from "fast-check";
import pLimit from "p-limit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contentHash } from "../../src/domain/content-hash.ts";
import { type HttpServer, listen } from "../../src/http/server.ts";
import { AUTHORIZED } from "../support/api.ts";
import { useExporter } from "../support/exporter.ts";
import { parseExposition } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
// No name and no word of ours begins so.
const MARK = "7f3a9c!";

let server: HttpServer | undefined;

beforeAll(async () => {
  server = await listen(exporter().app, { host: "127.0.0.1", port: 0 });
  await database().pool.query(`
    create table tts_texts (id bigint primary key, content text, is_deleted integer);
    create table tts_audios (id bigint generated always as identity primary key, text_id bigint, audio_url text,
      filename text, file_size bigint, is_deleted integer);
    insert into tts_texts select n, 'text ' || n, 0 from generate_series(1, 2000) n`);
});
afterAll(async () => server?.close());

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${server?.port}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
}

const post = (path: string, body: object) =>
  ask(path, {
    method: "POST",
    headers: { ...AUTHORIZED, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const NASTY = [
  "'; drop table tts_monitor.tasks; --",
  "\r\nSet-Cookie: a=b\r\n\r\n<html>",
  '\n\ndata: {"event":"completed"}\n\n',
  "\u2028data: forged\u2029",
  '"} 1\ntts_db_up 0\n# HELP x "',
  '{"level":"error","msg":"forged"}\n',
  "<script>alert(1)</script>",
  "#{jndi:ldap://x}{{7*7}}%s%n%x",
  "\u0000",
  "a\ud800b",
  "\udc00",
  "\u202eevil\u202c\ufeff\u200b",
  "\x1b[31mred\x1b[0m\x07\b",
  "../../../../etc/passwd",
  "%00%0a%0d",
  "😀".repeat(30),
  "ﷺ".repeat(20),
];
const hostile = fc
  .oneof(
    fc.constantFrom(...NASTY),
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
      .map((units) => String.fromCharCode(...units)),
    fc.tuple(fc.constantFrom(...NASTY), fc.string({ unit: "binary" })).map(([one, other]) => one + other),
  )
  .map((value) => MARK + value);

// Few rows to look through: what is searched for is the question here, not where.
const SEARCH = { tasks: "/api/tasks?status=pending&q=", texts: "" };

/** Behind all texts but the last few. */
async function searchAmongLastTexts(): Promise<string> {
  let cursor = "";
  for (let page = 0; page < 4; page++) {
    const limit = page === 3 ? 490 : 500;
    cursor = (await ask(`/api/texts?order=asc&limit=${limit}&cursor=${cursor}`)).body.next_cursor;
  }
  return `/api/texts?order=asc&cursor=${cursor}&q=`;
}

const isStorable = (value: string) => value.isWellFormed() && !value.includes("\0");

/** Sends the string in every text input there is, and reads it back from wherever it is shown. */
async function sendEverywhere(value: string, textId: number): Promise<void> {
  const expected = (created: number) => (isStorable(value) ? created : 400);
  const content = `${value} ${textId}`;
  const submitted = await post("/api/tasks", { text_id: textId, content, worker: "hostile" });
  expect([value, submitted.status]).toEqual([value, expected(201)]);
  expect((await post("/api/tasks", { text_id: textId, content: "x", worker: value })).status).toBe(400);
  expect((await post("/api/tasks", { text_id: textId, content_hash: value, worker: "w" })).status).toBe(400);

  const query = encodeURIComponent(value.toWellFormed());
  for (const path of [SEARCH.tasks, SEARCH.texts]) {
    const { status } = await ask(path + query);
    expect([path, value, status]).toEqual([path, value, value.includes("\0") ? 400 : 200]);
  }
  for (const name of [
    "status",
    "since",
    "worker",
    "limit",
    "cursor",
    "order",
    "audio_filter",
    "task_status",
  ]) {
    const texts = ["order", "audio_filter", "task_status"].includes(name);
    const { status } = await ask(`/api/${texts ? "texts" : "tasks"}?${name}=${query}`);
    expect([name, value, status]).toEqual([name, value, 400]);
  }
  if (submitted.status !== 201) return;

  const { rows } = await database().pool.query("select content_hash from tts_monitor.tasks where id = $1", [
    submitted.body.task_id,
  ]);
  expect(rows[0].content_hash).toBe(contentHash(content));
  await finishWith(value, textId, submitted.body.task_id);
}

async function finishWith(value: string, textId: number, taskId: string): Promise<void> {
  const completes = textId % 2 === 0;
  const ended = completes
    ? await post(`/api/tasks/${taskId}/complete`, { audio_url: value, filename: value, file_size: 5000 })
    : await post(`/api/tasks/${taskId}/fail`, { reason: value, error_message: value });
  expect([value, ended.status]).toEqual([value, 200]);
  expect(ended.body).toEqual(
    completes
      ? { task_id: taskId, status: "completed" }
      : { task_id: taskId, status: "failed", reason: "other" },
  );
  const shown = completes ? { audio_url: value, filename: value } : { error_message: value };
  expect((await ask(`/api/task/status/${textId}`)).body).toMatchObject(shown);
  const stream = await ask(`/api/task/stream/${textId}`);
  const data = [...stream.text.matchAll(/^data: (.*)$/gm)].map(([, line = ""]) => JSON.parse(line));
  expect(data).toEqual([expect.objectContaining({ event: "status", text_id: textId, ...shown })]);
  const listed = await ask(`/api/tasks?q=${textId}`);
  expect(listed.body.tasks).toEqual([expect.objectContaining({ task_id: taskId, ...shown })]);
}

it("2,000 hostile strings in every text input come back as they are or are refused with 400, and forge nothing", async () => {
  SEARCH.texts = await searchAmongLastTexts();
  const limit = pLimit(8);
  const values = fc.sample(hostile, { seed: 4, numRuns: 2000 });
  await Promise.all(values.map((value, index) => limit(() => sendEverywhere(value, index + 1))));

  const exposition = (await ask("/metrics")).text;
  expect(exposition).not.toContain(MARK);
  expect(parseExposition(exposition).filter(({ name }) => name === "tts_db_up")).toHaveLength(1);
  expect((await ask("/")).text).not.toContain(MARK);
}, 180_000);
