import { describe, expect, it } from "vitest";
import { createWorkerEmitter } from "../../src/domain/events.ts";
import { REASONS } from "../../src/domain/reason.ts";
import { OUTCOMES } from "../../src/domain/task.ts";
import { render } from "../../src/metrics/exposition.ts";
import { createWorkerMetrics } from "../../src/metrics/worker-metrics.ts";
import { parseExposition, total } from "../support/exposition.ts";

const STATE = {
  active: 1,
  waiting: 2,
  limit: 3,
  oldestAge: 4,
  lastHeartbeat: 5,
  lastProgress: 6,
  buffered: 7,
};

function setUp() {
  const events = createWorkerEmitter();
  const state = { ...STATE };
  const registry = createWorkerMetrics(events, () => state, "1.2.3");
  const scrape = async () => parseExposition((await render([], [registry], "text")).body);
  return { events, state, scrape };
}

describe("the metrics of a worker", () => {
  it("have every bounded label value at 0 from the first scrape", async () => {
    const lines = await setUp().scrape();
    const values = (name: string, label: string) =>
      lines.filter((line) => line.name === name).map(({ labels, value }) => [labels[label], value]);
    const zeros = (names: readonly string[]) => names.map((name) => [name, 0]);
    expect(values("tts_worker_tasks_finished_total", "outcome")).toEqual(zeros(OUTCOMES));
    expect(values("tts_worker_task_duration_seconds_count", "outcome")).toEqual(zeros(OUTCOMES));
    expect(values("tts_worker_task_failures_total", "reason")).toEqual(zeros(REASONS));
    expect(values("tts_worker_late_writes_total", "operation")).toEqual(
      zeros(["heartbeat", "complete", "fail"]),
    );
    for (const name of ["tasks_submitted", "tasks_deduplicated", "tasks_started", "heartbeat_failures"]) {
      expect(values(`tts_worker_${name}_total`, "none")).toEqual([[undefined, 0]]);
    }
  });

  it("count each event under its labels", async () => {
    const { events, scrape } = setUp();
    events.emit("started", { waitSeconds: 0.05 });
    events.emit("finished", {
      outcome: "timeout",
      reason: "deadline_exceeded",
      durationSeconds: 3,
      audioBytes: null,
    });
    events.emit("finished", { outcome: "completed", reason: null, durationSeconds: 1, audioBytes: 5000 });
    events.emit("lateWrite", { operation: "fail" });
    const lines = await scrape();
    expect(total(lines, "tts_worker_tasks_finished_total", { outcome: "timeout" })).toBe(1);
    expect(total(lines, "tts_worker_task_failures_total", { reason: "deadline_exceeded" })).toBe(1);
    expect(total(lines, "tts_worker_task_failures_total")).toBe(1);
    expect(total(lines, "tts_worker_task_duration_seconds_sum", { outcome: "completed" })).toBe(1);
    expect(total(lines, "tts_worker_task_queue_wait_seconds_bucket", { le: "0.1" })).toBe(1);
    expect(total(lines, "tts_worker_audio_size_bytes_count")).toBe(1);
    expect(total(lines, "tts_worker_late_writes_total", { operation: "fail" })).toBe(1);
  });

  it("ask the worker's state at each scrape", async () => {
    const { state, scrape } = setUp();
    expect(total(await scrape(), "tts_worker_tasks_active")).toBe(1);
    state.active = 9;
    const lines = await scrape();
    expect(total(lines, "tts_worker_tasks_active")).toBe(9);
    expect(total(lines, "tts_worker_concurrency_limit")).toBe(3);
    expect(total(lines, "tts_worker_last_progress_timestamp_seconds")).toBe(6);
    expect(total(lines, "tts_worker_info", { version: "1.2.3" })).toBe(1);
  });
});
