import request, { type Test } from "supertest";
import { beforeAll, beforeEach, expect } from "vitest";
import { post } from "./api.ts";
import { useExporter } from "./exporter.ts";
import { parseExposition, total } from "./exposition.ts";
import type { TestDatabase } from "./postgres.ts";
import { createAppTables } from "./seed.ts";

export const AUDIO = { audio_url: "https://audio.example/1.wav", filename: "1.wav", file_size: 5000 };

/** An exporter to report tasks to, before each test with no worker and no task under way. */
export function useIngest(database: () => TestDatabase) {
  const exporter = useExporter(() => database().url);
  const sql = async (text: string, values: unknown[] = []) =>
    (await database().pool.query(text, values)).rows;
  const get = (path: string): Test => request(exporter().app).get(path);
  const api = (path: string, body?: object): Test => post(exporter().app, path, body);

  let number = 0;
  /** A submission whose content nobody else has. */
  const submission = (more: object = {}) => ({
    text_id: 1,
    content: `content ${++number}`,
    worker: "py",
    ...more,
  });

  beforeAll(() => createAppTables(database().pool));
  beforeEach(async () => {
    await sql("update tts_monitor.settings set concurrency_global = null");
    await sql("update tts_monitor.tasks set status = 'processing' where status = 'pending'");
    await sql("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
    await sql("delete from tts_monitor.workers");
  });

  return {
    api,
    get,
    sql,
    submission,
    /** @returns the id of a task that runs */
    async submitted(more: object = {}): Promise<string> {
      const { status, body } = await api("/api/tasks", submission(more));
      expect([status, body.status]).toEqual([201, "processing"]);
      return body.task_id;
    },
    workers: () => sql("select worker, version, address from tts_monitor.workers order by worker"),
    task: async (id: string) => (await sql("select * from tts_monitor.tasks where id = $1", [id]))[0],
    async scraped(name: string, labels: Record<string, string> = {}): Promise<number> {
      const lines = parseExposition((await get("/metrics")).text);
      return total(lines, name, labels) ?? Number.NaN;
    },
  };
}
