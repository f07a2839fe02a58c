import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import { eventually } from "../support/eventually.ts";
import { AUDIO, useIngest } from "../support/ingest.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

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

  it("leaves a living library worker its name, and takes a lost one's over, whose tasks end as worker_lost", async () => {
    const slot = await takeSlot(database().pool, "library");
    const [running] = await sql(
      "insert into tts_monitor.tasks (text_id, status, worker, incarnation) values (1, 'processing', $1, $2) returning id",
      [slot.worker, slot.incarnation],
    );
    const refused = await api("/api/tasks", submission({ worker: "library" }));
    expect([refused.status, refused.body.error]).toEqual([409, expect.stringContaining("another process's")]);
    expect((await workers())[0].version).toBe("test");

    await sql("update tts_monitor.workers set heartbeat_timeout = interval '1 millisecond'");
    await sleep(5);
    await submitted({ worker: "library" });
    expect(await task(running.id)).toMatchObject({ status: "timeout", reason: "worker_lost" });
    expect(await workers()).toEqual([{ worker: "library", version: null, address: null }]);
  });

  it("takes no name from a worker whose heartbeat, late as it is, comes first", async () => {
    await takeSlot(database().pool, "library", 1);
    await sleep(5);
    await withClient(database().pool, async (heart) => {
      await heart.query(
        `begin;
         update tts_monitor.workers set heartbeat_at = clock_timestamp(), heartbeat_timeout = interval '1 hour'`,
      );
      const submitting = api("/api/tasks", submission({ worker: "library" })).then(({ status }) => status);
      await eventually("it waits for the row", async () => {
        const waiting = await sql(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return waiting.length === 1;
      });
      await heart.query("commit");
      expect(await submitting).toBe(409);
    });
  });
});

describe("a worker of the API", () => {
  it("is listed while it runs something, under one incarnation, and idle is not lost but off the list", async () => {
    const ids = [await submitted(), await submitted()];
    const [first, second] = await Promise.all(ids.map(task));
    expect(first.incarnation).toBe(second.incarnation);
    await api(`/api/tasks/${ids[0]}/complete`, AUDIO);
    expect(await workers()).toHaveLength(1);
    await api(`/api/tasks/${ids[1]}/fail`, { reason: "internal", error_message: "" });
    expect(await workers()).toEqual([]);
    expect(await scraped("tts_db_workers", { state: "lost" })).toBe(0);
    const third = await task(await submitted());
    expect(BigInt(third.incarnation)).toBeGreaterThan(BigInt(first.incarnation));
  });

  it("that dies while its task runs is lost, and the task is swept as worker_lost", async () => {
    const id = await submitted();
    await sql("update tts_monitor.workers set heartbeat_timeout = interval '1 millisecond'");
    await sleep(5);
    expect(await scraped("tts_db_workers", { state: "lost" })).toBe(1);
    await sweepOverdue(database().pool, 10);
    expect(await task(id)).toMatchObject({ status: "timeout", reason: "worker_lost" });
    expect(await workers()).toHaveLength(1);
  });

  it.each(["heartbeat", "complete", "fail"])(
    "whose %s comes late has nothing more to do, and is off the list",
    async (what) => {
      const id = await submitted();
      await sql("update tts_monitor.tasks set deadline_at = started_at where id = $1", [id]);
      await sweepOverdue(database().pool, 10);
      expect(await workers()).toHaveLength(1);
      const body = { complete: AUDIO, fail: { reason: "other", error_message: "" } }[what];
      const answer = await api(`/api/tasks/${id}/${what}`, body);
      expect([answer.status, answer.body.status]).toEqual([409, "timeout"]);
      expect(await workers()).toEqual([]);
    },
  );
});
