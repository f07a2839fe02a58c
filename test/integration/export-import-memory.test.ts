import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { withEmptyDatabase } from "../support/backup.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startNode, startProgram } from "../support/processes.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
atEndOfFile(() => rmSync(folder, { recursive: true }));

describe("200,000 tasks", () => {
  const many = useTestDatabase();
  const REPORT = 'process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS))';

  async function fill(tasks: number): Promise<void> {
    await many().pool.query(
      `set session_replication_role = replica;
       insert into tts_monitor.tasks (text_id, status, reason, started_at, finished_at, error_message)
       select n, 'failed', 'other', now(), now(), repeat('0123456789', 80) from generate_series(1, ${tasks}) n;
       reset session_replication_role`,
    );
  }

  /** @returns the most memory that the process had, in kB */
  async function peakOf(command: string, url: string, file: string): Promise<number> {
    const process = startNode([
      "--import",
      `data:text/javascript,${REPORT}`,
      resolve("dist/cli.js"),
      command,
      `--database.url=${url}`,
      `--file=${file}`,
    ]);
    const [, peak] = await process.line(/^peak (\d+)$/, 60_000);
    expect((await process.exited).code, process.output()).toBe(0);
    return Number(peak);
  }

  it("take as much memory as 20,000, on both ways, and half of them can be left unread", async () => {
    const exports: number[] = [];
    const imports: number[] = [];
    for (const more of [20_000, 180_000]) {
      await fill(more);
      const file = join(folder, `${more}.jsonl`);
      exports.push(await peakOf("export", many().url, file));
      await withEmptyDatabase(async ({ url }) => {
        imports.push(await peakOf("import", url, file));
      });
      rmSync(file);
    }
    for (const [few = 0, all = 0] of [exports, imports]) expect(all / few).toBeLessThan(2);

    const half = startProgram(
      "/bin/bash",
      ["-c", '"$NODE" dist/cli.js export | head -n 1; echo "code $PIPESTATUS"'],
      { env: { NODE: process.execPath, DATABASE_URL: many().url } },
    );
    await half.exited;
    expect(half.output().split("\n").sort()).toEqual([
      "",
      "code 1",
      "tts-monitor: nobody reads the export any more",
      expect.stringMatching(/^\{"tts_monitor_export":1,/),
    ]);
  });
});
