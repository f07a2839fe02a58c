import { describe, expect, it } from "vitest";
import { post } from "../support/api.ts";
import { useExporter } from "../support/exporter.ts";
import { AUDIO, useIngest } from "../support/ingest.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const { api, scraped, sql, submitted, task, workers } = useIngest(database);

describe("POST /api/tasks/:task_id/heartbeat", () => {
  it("renews the worker for every task that it runs", async () => {
    const id = await submitted();
    await sql("update tts_monitor.workers set heartbeat_at = clock_timestamp() - interval '20 seconds'");
    const { status, body } = await api(`/api/tasks/${id}/heartbeat`);
    expect([status, body]).toEqual([200, { task_id: id, status: "processing" }]);
    const [{ age }] = await sql(
      "select extract(epoch from clock_timestamp() - heartbeat_at)::float8 as age from tts_monitor.workers",
    );
    expect(age).toBeLessThan(5);
  });

  it("brings a row back that was removed, as the process that it was", async () => {
    const id = await submitted();
    await sql("delete from tts_monitor.workers");
    expect((await api(`/api/tasks/${id}/heartbeat`)).status).toBe(200);
    const [row] = await sql(
      "select incarnation, heartbeat_timeout = interval '30 seconds' as same from tts_monitor.workers",
    );
    expect(row).toEqual({ incarnation: (await task(id)).incarnation, same: true });
  });

  it("is refused for a task of the library's worker, or whose worker lost its name or never had it, and not counted", async () => {
    const slot = await takeSlot(database().pool, "library");
    for (const incarnation of [slot.incarnation, 0n, null]) {
      const [{ id }] = await sql(
        "insert into tts_monitor.tasks (text_id, status, worker, incarnation) values (1, 'processing', 'library', $1) returning id",
        [incarnation],
      );
      const { status, body } = await api(`/api/tasks/${id}/heartbeat`);
      expect([status, body]).toEqual([
        409,
        { error: expect.stringContaining("its own heartbeats"), status: "processing" },
      ]);
    }
  });
});

describe("POST /api/tasks/:task_id/complete", () => {
  it("ends the task with its audio", async () => {
    const id = await submitted();
    const { status, body } = await api(`/api/tasks/${id}/complete`, AUDIO);
    expect([status, body]).toEqual([200, { task_id: id, status: "completed" }]);
    expect(await task(id)).toMatchObject({ ...AUDIO, file_size: "5000", status: "completed", reason: null });
  });

  it("ends it as failed, invalid_audio, below 5000 bytes", async () => {
    const id = await submitted();
    const { status, body } = await api(`/api/tasks/${id}/complete`, { ...AUDIO, file_size: 4999 });
    expect([status, body]).toEqual([200, { task_id: id, status: "failed", reason: "invalid_audio" }]);
  });

  it.each([
    ["filename", { filename: "a".repeat(1025) }],
    ["filename", { filename: "a\0" }],
    ["audio_url", { audio_url: "a".repeat(2049) }],
    ["audio_url", { audio_url: null }],
    ["file_size", { file_size: -1 }],
    ["file_size", { file_size: "5000" }],
    ["file_size", { file_size: 1e300 }],
    ["file_size", { file_size: undefined }],
  ])("refuses a bad %s and ends nothing", async (named, wrong) => {
    const id = await submitted();
    const { status, body } = await api(`/api/tasks/${id}/complete`, { ...AUDIO, ...wrong });
    expect([status, body]).toEqual([400, { error: expect.stringContaining(named) }]);
    expect((await task(id)).status).toBe("processing");
  });

  it("takes the longest names that are allowed, in code points", async () => {
    const id = await submitted();
    const audio = { ...AUDIO, filename: "🎵".repeat(1024), audio_url: "é".repeat(2048) };
    expect((await api(`/api/tasks/${id}/complete`, audio)).status).toBe(200);
    expect(await task(id)).toMatchObject({ filename: audio.filename, audio_url: audio.audio_url });
  });
});

describe("POST /api/tasks/:task_id/fail", () => {
  it("ends the task with its reason, and the message cut at 2,000 code points", async () => {
    const id = await submitted();
    const overflows = await scraped("tts_monitor_label_overflow_total", { label: "reason" });
    const { status, body } = await api(`/api/tasks/${id}/fail`, {
      reason: "provider_throttled",
      error_message: "🎵".repeat(2001),
    });
    expect([status, body]).toEqual([200, { task_id: id, status: "failed", reason: "provider_throttled" }]);
    expect(await task(id)).toMatchObject({ error_message: "🎵".repeat(2000) });
    expect(await scraped("tts_monitor_label_overflow_total", { label: "reason" })).toBe(overflows);
  });

  it("takes a reason outside the list of failures for other, and counts that", async () => {
    const before = await scraped("tts_monitor_label_overflow_total", { label: "reason" });
    for (const reason of ["worker_lost", "my own", ""]) {
      const id = await submitted();
      const { status, body } = await api(`/api/tasks/${id}/fail`, { reason, error_message: "why" });
      expect([status, body.reason]).toEqual([200, "other"]);
    }
    expect(await scraped("tts_monitor_label_overflow_total", { label: "reason" })).toBe(before + 3);
    expect(await scraped("tts_db_task_failures_total", { reason: "worker_lost" })).toBeLessThan(10);
  });

  it("refuses NUL and half a surrogate pair", async () => {
    const id = await submitted();
    for (const wrong of [{ error_message: "a\0b" }, { reason: "\ud800" }, { reason: undefined }]) {
      const answer = await api(`/api/tasks/${id}/fail`, { reason: "other", error_message: "", ...wrong });
      expect([wrong, answer.status]).toEqual([wrong, 400]);
    }
    expect((await task(id)).status).toBe("processing");
  });

  it("ends a library worker's task too, and leaves that on the list", async () => {
    const slot = await takeSlot(database().pool, "library");
    const [{ id }] = await sql(
      "insert into tts_monitor.tasks (text_id, status, worker, incarnation) values (1, 'processing', $1, $2) returning id",
      [slot.worker, slot.incarnation],
    );
    expect(
      (await api(`/api/tasks/${id}/fail`, { reason: "internal", error_message: "by hand" })).status,
    ).toBe(200);
    expect(await workers()).toHaveLength(1);
  });
});

describe.each(["heartbeat", "complete", "fail"])("a %s", (what) => {
  const send = (id: string) =>
    api(`/api/tasks/${id}/${what}`, { complete: AUDIO, fail: { reason: "other", error_message: "" } }[what]);

  it("of a task that has ended changes nothing but late_at, gives its status, and is counted", async () => {
    const id = await submitted();
    await api(`/api/tasks/${id}/complete`, AUDIO);
    const { late_at: none, ...before } = await task(id);
    const late = await scraped("tts_db_late_writes_total");
    const { status, body } = await send(id);
    expect([status, body]).toEqual([409, { error: expect.stringContaining("ended"), status: "completed" }]);
    const { late_at, ...after } = await task(id);
    expect([none, late_at, after]).toEqual([null, expect.any(Date), before]);
    expect(await scraped("tts_db_late_writes_total")).toBe(late + 1);
  });

  it("of a task that is still pending is refused and not counted", async () => {
    const [{ id }] = await sql("insert into tts_monitor.tasks (text_id) values (1) returning id");
    const late = await scraped("tts_db_late_writes_total");
    const { status, body } = await send(id);
    expect([status, body]).toEqual([409, { error: expect.any(String), status: "pending" }]);
    expect(await scraped("tts_db_late_writes_total")).toBe(late);
  });

  it("of an unknown task is 404, of a malformed id 400", async () => {
    expect((await send("9223372036854775807")).status).toBe(404);
    for (const id of ["0", "-1", "1.5", "abc", "9223372036854775808", "%00"]) {
      const { status, body } = await send(id);
      expect([id, status, body]).toEqual([id, 400, { error: expect.stringContaining("task_id") }]);
    }
  });
});

const blind = useExporter(() => "postgres://nobody@127.0.0.1:1/nothing");

it("without the database every report and retry is 503", async () => {
  const reports: [string, object?][] = [
    ["/api/tasks", { text_id: 1, content: "a", worker: "py" }],
    ["/api/tasks/1/heartbeat"],
    ["/api/tasks/1/complete", AUDIO],
    ["/api/tasks/1/fail", { reason: "other", error_message: "" }],
    ["/api/task/retry/1"],
  ];
  for (const [path, body] of reports) {
    const answer = await post(blind().app, path, body);
    expect([path, answer.status, answer.body]).toEqual([
      path,
      503,
      { error: "the database does not answer" },
    ]);
  }
});
