import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AUDIO, useIngest } from "../support/ingest.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const { api, get, sql, scraped, submitted, task } = useIngest(database);
const openWorker = useWorkers(() => database().url);
const retry = (textId: number | string) => api(`/api/task/retry/${textId}`);
const hashOf = (content: string) => createHash("sha256").update(content).digest("hex");

/** A text with this content. @returns its id */
async function text(content: string | null): Promise<number> {
  const [{ id }] = await sql(
    "insert into tts_texts (id, content, is_deleted) select max(id) + 1, $1, 0 from tts_texts returning id",
    [content],
  );
  return Number(id);
}

describe("POST /api/task/retry/:text_id", () => {
  it("records a pending task that nobody waits with, whose hash is that of the text in UTF-8", async () => {
    for (const content of ["plain", "语音 🎵 \\ 'é'\n", ""]) {
      const id = await text(content);
      const { status, body } = await retry(id);
      expect([status, body]).toEqual([202, { task_id: expect.stringMatching(/^\d+$/), status: "pending" }]);
      expect(await task(body.task_id)).toMatchObject({
        text_id: String(id),
        status: "pending",
        worker: null,
        content_hash: hashOf(content),
      });
      expect((await get(`/api/task/status/${id}`)).body).toMatchObject({
        status: "pending",
        stage: "queued",
      });
    }
  });

  it("takes a text without content for an empty one", async () => {
    await sql("alter table tts_texts alter content drop not null");
    const { body } = await retry(await text(null));
    expect((await task(body.task_id)).content_hash).toBe(hashOf(""));
  });

  it("records one whatever the dedup window says: it was completed, and its audio is gone", async () => {
    const id = await text("spoken once");
    const done = await submitted({ text_id: id, content: "spoken once" });
    await api(`/api/tasks/${done}/complete`, AUDIO);
    await sql("insert into tts_audios (text_id, file_size, is_deleted) values ($1, 9000, 1), ($1, 4999, 0)", [
      id,
    ]);
    expect((await retry(id)).status).toBe(202);
  });

  it("wakes a worker of the library, which runs it", async () => {
    const id = await text("for the library");
    const spoken: bigint[] = [];
    const monitor = await openWorker("library", { concurrency: 1 });
    const working = monitor.work(async ({ textId }) => {
      spoken.push(textId);
      return { audioUrl: "file:///a.wav", filename: "a.wav", fileSize: 5000 };
    });
    const { body } = await retry(id);
    while ((await task(body.task_id)).status !== "completed") await new Promise(setImmediate);
    expect(spoken).toEqual([BigInt(id)]);
    await monitor.close();
    await working;
  });

  it("knows no text that is not there or deleted, and no id that is none", async () => {
    for (const id of [11, 12, "9223372036854775807"]) {
      const { status, body } = await retry(id);
      expect([id, status, body]).toEqual([id, 404, { error: expect.stringContaining("text") }]);
    }
    for (const id of ["0", "-1", "abc", "9223372036854775808", "%00"])
      expect((await retry(id)).status).toBe(400);
  });

  it("is refused where there is a valid audio", async () => {
    const { status, body } = await retry(1);
    expect([status, body.error]).toEqual([400, expect.stringContaining("valid audio")]);
  });

  it("is refused where a task of this text, or of the same content, is pending or processing", async () => {
    const id = await text("twice");
    expect((await retry(id)).status).toBe(202);
    const again = await retry(id);
    expect([again.status, again.body.status]).toEqual([400, "pending"]);
    const twin = await text("twice");
    await submitted({ text_id: twin, content: "twice" });
    for (const one of [id, twin]) {
      const { status, body } = await retry(one);
      expect([status, body.status]).toEqual([400, "processing"]);
    }

    const edited = await text("before");
    await submitted({ text_id: edited, content: "before" });
    await sql("update tts_texts set content = 'after' where id = $1", [edited]);
    expect((await retry(edited)).body.status).toBe("processing");
  });

  it("of sixteen at once, for two texts of the same content, records one", async () => {
    for (let round = 0; round < 5; round++) {
      const created = await scraped("tts_db_tasks_created_total");
      const ids = [await text(`wanted ${round}`), await text(`wanted ${round}`)];
      const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => retry(ids[n % 2] ?? 0)));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(15).fill(400)].sort());
      expect(await scraped("tts_db_tasks_created_total")).toBe(created + 1);
    }
  });
});
