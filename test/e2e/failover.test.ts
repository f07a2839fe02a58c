import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { HEARTBEAT_TIMEOUT, startFaultBench } from "../support/fault-bench.ts";
import { startOwnPostgres } from "../support/postgres.ts";
import { promote, startStandby } from "../support/standby.ts";

it("a failover to a standby, and an exporter that was started anew meanwhile, cost no living worker a task", async () => {
  const primary = await startOwnPostgres({ fsync: "off" });
  const standby = await startStandby(primary);
  let current = primary.url;
  const bench = await startFaultBench(primary, () => current);
  await bench.expectFresh();

  await primary.stop("immediate");
  const exporterGone = bench.exporter.process.kill();
  await sleep(1000 * (HEARTBEAT_TIMEOUT + 1));
  await exporterGone;
  await promote(standby);
  current = standby.url;
  // The exporter is the first to come, and sees workers that it does not know silent for longer than they may be.
  bench.links.exporter.retarget(standby.url);
  await bench.replaceExporter();
  await eventually("it sweeps", async () => {
    const lines = await bench.exporter.scrape();
    return (total(lines, "tts_monitor_job_runs_total", { job: "sweep", result: "ok" }) ?? 0) > 0;
  });
  bench.links["w-1"].retarget(standby.url);
  bench.links["w-2"].retarget(standby.url);

  await bench.expectFresh();
  const lost = await bench.sql(
    "select text_id, status, reason from tts_monitor.tasks where reason is not null",
  );
  expect(lost).toEqual([]);
  await bench.finish();
  await standby.remove();
  await primary.remove();
});
