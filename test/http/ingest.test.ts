import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AUDIO, useIngest } from "../support/ingest.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const { api, get, scraped, sql, submission, submitted, task, workers } = useIngest(database);

const hashOf = (content: string) => createHash("sha256").update(content).digest("hex");
const recorded = async () => (await sql("select count(*)::int as n from tts_monitor.tasks"))[0].n;

describe("POST /api/tasks", () => {
  it("records a task, started, with its deadline, and lists its worker without an address or a version", async () => {
    const request = submission({ text_id: "2", concurrency: 3 });
    const { status, body } = await api("/api/tasks", request);
    expect(status).toBe(201);
    expect(body).toEqual({
      task_id: expect.stringMatching(/^\d+$/),
      status: "processing",
      deduplicated: false,
    });
    const row = await task(body.task_id);
    expect(row).toMatchObject({
      text_id: "2",
      status: "processing",
      worker: "py",
      content_hash: hashOf(request.content),
    });
    expect(row.deadline_at - row.started_at).toBe(2_400_000);
    expect(await workers()).toEqual([{ worker: "py", version: null, address: null }]);
    expect(await scraped("tts_db_concurrency_limit", { scope: "workers" })).toBe(3);
    expect((await get("/sd/workers")).body).toEqual([]);
  });

  it("takes the hash alone, or with the content that it belongs to, in UTF-8", async () => {
    const content = "语音 🎵";
    const both = submission({ content, content_hash: hashOf(content) });
    expect((await api("/api/tasks", both)).status).toBe(201);
    const { status, body } = await api("/api/tasks", {
      text_id: 2,
      content_hash: hashOf(content),
      worker: "other",
    });
    expect([status, body.existing_text_id]).toEqual([200, 1]);
    expect((await api("/api/tasks", submission({ content: "" }))).status).toBe(201);
  });

  it("answers a duplicate with the task that is there; the text follows it, the worker is not listed for it", async () => {
    const request = submission();
    const first = await api("/api/tasks", request);
    const counted = await scraped("tts_db_tasks_deduplicated_total");
    const { status, body } = await api("/api/tasks", { ...request, text_id: 2, worker: "second" });
    expect(status).toBe(200);
    expect(body).toEqual({
      task_id: first.body.task_id,
      status: "processing",
      deduplicated: true,
      existing_text_id: 1,
    });
    expect((await workers()).map(({ worker }) => worker)).toEqual(["py"]);
    expect((await get("/api/task/status/2")).body).toMatchObject({ text_id: 2, status: "processing" });

    await api(`/api/tasks/${first.body.task_id}/complete`, AUDIO);
    expect((await api("/api/tasks", { ...request, text_id: 3 })).body).toMatchObject({ status: "completed" });
    expect(await scraped("tts_db_tasks_deduplicated_total")).toBe(counted + 2);
    expect(await workers()).toEqual([]);
  });

  it("starts the task that a retry left pending, also another text's, which this text then follows", async () => {
    for (const textId of [1, 2]) {
      const request = submission({ text_id: textId });
      const [row] = await sql(
        "insert into tts_monitor.tasks (text_id, content_hash) values (1, $1) returning id",
        [hashOf(request.content)],
      );
      const { status, body } = await api("/api/tasks", request);
      expect([status, body]).toEqual([
        201,
        {
          task_id: row.id,
          status: "processing",
          deduplicated: false,
          ...(textId === 2 && { existing_text_id: 1 }),
        },
      ]);
      expect(await task(row.id)).toMatchObject({ text_id: "1", status: "processing", worker: "py" });
      expect((await get(`/api/task/status/${textId}`)).body).toMatchObject({ status: "processing" });
      await api(`/api/tasks/${body.task_id}/complete`, AUDIO);
    }
  });

  it("answers with a pending task that a worker waits with, and leaves it to that one", async () => {
    const slot = await takeSlot(database().pool, "library");
    const request = submission();
    await sql(
      "insert into tts_monitor.tasks (text_id, content_hash, worker, incarnation) values (1, $1, $2, $3)",
      [hashOf(request.content), slot.worker, slot.incarnation],
    );
    const { status, body } = await api("/api/tasks", { ...request, text_id: 2 });
    expect([status, body.status, body.existing_text_id]).toEqual([200, "pending", 1]);
  });

  it("records nothing at the global limit, not even a worker, a follower or a renewed heartbeat", async () => {
    await sql("update tts_monitor.settings set concurrency_global = 1");
    await submitted();
    const [before] = await sql("select heartbeat_at from tts_monitor.workers");
    const tasks = await recorded();
    const pending = submission({ text_id: 2 });
    await sql("insert into tts_monitor.tasks (text_id, content_hash) values (1, $1)", [
      hashOf(pending.content),
    ]);
    for (const request of [submission({ worker: "new" }), submission(), pending]) {
      const { status, headers, body } = await api("/api/tasks", request);
      expect([status, headers["retry-after"], body]).toEqual([429, "1", { error: expect.any(String) }]);
    }
    expect(await recorded()).toBe(tasks + 1);
    expect(await sql("select heartbeat_at from tts_monitor.workers")).toEqual([before]);
    expect(
      await sql("select from tts_monitor.followers where text_id = 2 and task_id > $1", [tasks]),
    ).toEqual([]);
  });

  it("knows no text that is not there or deleted, and asks for none where there is no such table", async () => {
    const tasks = await recorded();
    for (const text_id of [11, 12, 99, "9223372036854775807"]) {
      const { status, body } = await api("/api/tasks", submission({ text_id }));
      expect([text_id, status, body]).toEqual([text_id, 404, { error: expect.stringContaining("text") }]);
    }
    expect([await recorded(), await workers()]).toEqual([tasks, []]);
    await sql("alter table tts_texts rename to renamed");
    try {
      await submitted({ text_id: 99 });
    } finally {
      await sql("alter table renamed rename to tts_texts");
    }
  });

  it.each([
    ["text_id", { text_id: 0 }],
    ["text_id", { text_id: 1.5 }],
    ["text_id", { text_id: "01x" }],
    ["text_id", { text_id: 2 ** 53 }],
    ["text_id", { text_id: undefined }],
    ["the body must have content or content_hash", { content: undefined }],
    ["content", { content: 5 }],
    ["content", { content: "a\0b" }],
    ["content", { content: "\ud800" }],
    ["content_hash", { content_hash: "A".repeat(64) }],
    ["content_hash", { content_hash: "a".repeat(63) }],
    ["content_hash does not match", { content_hash: "a".repeat(64) }],
    ["worker", { worker: "" }],
    ["worker", { worker: "a b" }],
    ["worker", { worker: "a".repeat(65) }],
    ["worker", { worker: "a\n" }],
    ["worker", { worker: undefined }],
    ["concurrency", { concurrency: 0 }],
    ["concurrency", { concurrency: 10_001 }],
    ["concurrency", { concurrency: "2" }],
  ])("refuses a bad field and names it: %s, %j", async (named, wrong) => {
    const { status, body } = await api("/api/tasks", submission(wrong));
    expect([status, body]).toEqual([400, { error: expect.stringContaining(named) }]);
    expect(await workers()).toEqual([]);
  });
});
