import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { type ServeProcess, startServe, watchScrapes } from "../support/serve.ts";
import { instantly, useWorkers } from "../support/workers.ts";

const WRITERS = 8;
const TASKS_EACH = 150;
const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);

async function write(writer: number): Promise<void> {
  const monitor = await openWorker(`writer-${writer}`, { concurrency: 2 });
  for (let task = 0; task < TASKS_EACH; task++) {
    const textId = 10_000 * writer + task + 1;
    if (task % 10 === 0) await leaveOverdue(textId);
    await monitor.run({ textId, content: `text ${textId}` }, instantly);
  }
}

/** A task of a program that is not ours, and never ends: the exporters' sweepers will. */
async function leaveOverdue(textId: number): Promise<void> {
  await database().pool.query(
    `insert into tts_monitor.tasks (text_id, status, worker, started_at, deadline_at)
     values ($1, 'processing', 'stranger', clock_timestamp(), clock_timestamp() + interval '300 milliseconds')`,
    [textId],
  );
}

/** Looks at every scrape of one exporter until the signal. @returns how many there were */
async function watch(exporter: ServeProcess, until: AbortSignal): Promise<number> {
  let scrapes = 0;
  await watchScrapes(exporter, until, (lines) => {
    expect(total(lines, "tts_db_up")).toBe(1);
    scrapes++;
  });
  return scrapes;
}

it("two exporters fold and sweep at once while eight workers write, and neither ever shows a wrong total", async () => {
  const exporters = await Promise.all([
    startServe(database().url, "--sweep.interval=250ms"),
    startServe(database().url, "--sweep.interval=250ms"),
  ]);
  const done = new AbortController();
  const watching = exporters.map((exporter) => watch(exporter, done.signal));
  await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index + 1)));
  const overdue = (WRITERS * TASKS_EACH) / 10;
  const settled = await eventually("all overdue tasks are swept", async () => {
    const lines = await Promise.all(exporters.map(({ scrape }) => scrape()));
    return total(lines[0] ?? [], "tts_db_tasks", { status: "processing" }) === 0 && lines;
  });
  done.abort();
  for (const scrapes of await Promise.all(watching)) expect(scrapes).toBeGreaterThan(5);

  for (const lines of settled) {
    expect(total(lines, "tts_db_tasks_finished_total", { outcome: "timeout" })).toBe(overdue);
    expect(total(lines, "tts_db_tasks_created_total")).toBe(WRITERS * TASKS_EACH + overdue);
    expect(total(lines, "tts_monitor_job_runs_total", { job: "fold", result: "error" })).toBe(0);
    expect(total(lines, "tts_monitor_job_runs_total", { job: "sweep", result: "error" })).toBe(0);
  }
  const sweptBy = settled.map((lines) => total(lines, "tts_monitor_sweeper_tasks_total") ?? Number.NaN);
  expect(sweptBy.reduce((sum, swept) => sum + swept, 0)).toBe(overdue);
  await Promise.all(exporters.map(({ process }) => process.end()));
});
