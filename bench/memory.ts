// Whether the memory of an exporter and of a worker grows, at a steady load. A slope is that of what lives on after full
// collections: resident memory is a sawtooth, whose teeth are higher than half an hour's growth may be.
import { setTimeout as sleep } from "node:timers/promises";
import { addTexts, longStream, shortStreams, startWorker, type WorkerProcess } from "./memory/load.ts";
import { type Course, record } from "./memory/samples.ts";
import { PROBED } from "./support/memory.ts";
import { repeat } from "./support/pace.ts";
import { type ExporterProcess, startExporterUnder } from "./support/process.ts";
import { atMost, number, progress, quick, report, table } from "./support/report.ts";
import { type BenchDatabase, startDatabase } from "./support/server.ts";
import { registerScriptWorker } from "./support/task-script.ts";
import type { Trend } from "./support/trend.ts";

const SECONDS = quick ? 15 : 1800;
// Code is compiled and every cache is full. Nothing is collected by force here, so that the highest resident memory is
// that of a process which is left alone.
const WARM_UP = SECONDS / 3;
const SAMPLE_INTERVAL = quick ? 2000 : 10_000;
const TASKS_PER_SECOND = 200;
// Of scrapes and streams, a share.
const MOST_FAILURES = 0.01;
const SECOND = 1000;

const database = await startDatabase();
try {
  await addTexts(database);
  const exporter = await startExporterUnder(PROBED, database.url);
  try {
    const worker = await startWorker(database.url, TASKS_PER_SECOND);
    try {
      await soak(database, exporter, worker);
    } finally {
      await worker.end();
    }
  } finally {
    await exporter.end();
  }
} finally {
  await database.remove();
}

async function soak(
  database: BenchDatabase,
  exporter: ExporterProcess,
  worker: WorkerProcess,
): Promise<void> {
  const begin = performance.now();
  const port = Number(new URL(exporter.url).port);
  const streaming = { pool: database.pool, slot: await registerScriptWorker(database), port };
  const idle = await longStream(streaming);
  let calls = 0;
  const failures: unknown[] = [];
  const loads = [exporter.scrape, worker.scrape, shortStreams(streaming)].map((load) =>
    repeat(SECOND, async () => {
      calls++;
      // One that is lost in half an hour changes nothing.
      await load().catch((error: unknown) => failures.push(error));
    }),
  );
  const recorders = { exporter: record(exporter), worker: record(worker) };
  try {
    await sleep(WARM_UP * SECOND);
    progress("warm");
    const samples = repeat(SAMPLE_INTERVAL, async () => {
      for (const recorder of Object.values(recorders)) await recorder.sample();
    });
    await Promise.race([sleep((SECONDS - WARM_UP) * SECOND), samples.done]);
    await samples.stop();
  } finally {
    idle.destroy();
    await Promise.all(loads.map(({ stop }) => stop()));
  }
  if (failures.length > 0)
    progress(`${failures.length} of ${calls} scrapes and streams failed: ${failures[0]}`);
  if (failures.length > MOST_FAILURES * calls) throw new Error("the load was not what it should be");
  const seconds = (performance.now() - begin) / SECOND;
  const finished = sumOf(await worker.scrape(), "tts_worker_tasks_finished_total");
  progress(`${number(finished / seconds)} tasks a second, ${finished} in ${number(seconds / 60)} minutes`);
  tell({ exporter: recorders.exporter.course(), worker: recorders.worker.course() });
}

/** The sum of a family's samples in an exposition. */
function sumOf(exposition: string, family: string): number {
  const samples = exposition.matchAll(new RegExp(`^${family}\\{.*\\} (\\S+)$`, "gm"));
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}

function tell(courses: Record<"exporter" | "worker", Course>): void {
  table(
    [
      ...["process", "highest RSS", "RSS at the end", "heap and buffers: first, last"],
      ...["their slope", "slope of RSS", "samples"],
    ],
    Object.entries(courses).map(([name, course]) => [
      name,
      `${number(course.highest)} MB`,
      `${number(course.resident)} MB`,
      `${course.living.map((value) => value.toFixed(2)).join(", ")} MB`,
      withError(course.livingTrend),
      withError(course.residentTrend),
      course.samples,
    ]),
  );
  const { exporter, worker } = courses;
  report([
    atMost("memory: exporter's RSS in MB", exporter.highest, 150),
    // Of seconds they mean nothing.
    ...(quick
      ? []
      : [
          atMost("memory: exporter's slope in MB/h", exporter.livingTrend.slope, 1),
          atMost("memory: worker's slope in MB/h", worker.livingTrend.slope, 1),
        ]),
  ]);
}

function withError({ slope, error }: Trend): string {
  return `${slope.toFixed(2)} ± ${error.toFixed(2)} MB/h`;
}
