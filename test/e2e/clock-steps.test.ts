import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { createClock, FAKETIME_OF_THREADS } from "../support/faketime.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { listening } from "../support/serve.ts";

const database = useTestDatabase();

describeWith(
  "faketime",
  "a sweeper whose machine's clock is stepped",
  sweepThroughSteps,
  FAKETIME_OF_THREADS,
);

function sweepThroughSteps(library: string): void {
  it("goes on, forward by ten years, and back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tts-monitor-clock-"));
    const clock = createClock(library, join(folder, "clock"));
    const exporter = await listening(
      startCli(
        [
          "serve",
          "--web.listen-address=127.0.0.1:0",
          `--database.url=${database().url}`,
          "--sweep.interval=1s",
        ],
        { env: clock.env },
      ),
    );
    let overdue = 0;
    // Forward before back: what stands still after a step back cannot show what a step forward does.
    for (const step of ["+0", "+3650d", "-1h", "+1h", "-1d", "+30d"]) {
      clock.set(step);
      await database().pool.query(
        `insert into tts_monitor.tasks (text_id, status, started_at, deadline_at)
       values (1, 'processing', clock_timestamp(), clock_timestamp())`,
      );
      overdue++;
      const lines = await eventually(`it is swept after ${step}`, async () => {
        const now = await exporter.scrape();
        return total(now, "tts_monitor_sweeper_tasks_total") === overdue && now;
      });
      expect(Math.abs(total(lines, "tts_monitor_db_clock_skew_seconds") ?? 0) > 1000).toBe(step !== "+0");
    }
    await exporter.process.end();
    rmSync(folder, { recursive: true });
  });
}
