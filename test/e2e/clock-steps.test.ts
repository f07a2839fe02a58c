import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { listening } from "../support/serve.ts";

const database = useTestDatabase();
// Debian's faketime keeps it in the folder of the machine's architecture.
const LIBRARY = readdirSync("/usr/lib")
  .map((folder) => join("/usr/lib", folder, "faketime/libfaketimeMT.so.1"))
  .find((path) => existsSync(path));

describeWith("faketime", "a sweeper whose machine's clock is stepped", sweepThroughSteps, LIBRARY);

function sweepThroughSteps(library: string): void {
  it("goes on, forward by ten years, and back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tts-monitor-clock-"));
    const clock = join(folder, "clock");
    writeFileSync(clock, "+0");
    const exporter = await listening(
      startCli(
        [
          "serve",
          "--web.listen-address=127.0.0.1:0",
          `--database.url=${database().url}`,
          "--sweep.interval=1s",
        ],
        {
          env: {
            LD_PRELOAD: library,
            FAKETIME_TIMESTAMP_FILE: clock,
            FAKETIME_NO_CACHE: "1",
            FAKETIME_DONT_FAKE_MONOTONIC: "1",
          },
        },
      ),
    );
    let overdue = 0;
    // Forward before back: what stands still after a step back cannot show what a step forward does.
    for (const step of ["+0", "+3650d", "-1h", "+1h", "-1d", "+30d"]) {
      writeFileSync(clock, step);
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
