import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { expectInvariants, expectNoFall, type Line, parseExposition, total } from "../support/exposition.ts";
import { startCli } from "../support/processes.ts";
import { programPath } from "../support/programs.ts";
import { makeFolder } from "../support/temporary-server.ts";

const DURATION = 110_000;
const DATABASE_KILLED_AFTER = 40_000;
const PACE = 500;
/** The contract: whatever the database does. */
const LONGEST_SCRAPE = 3500;
const FAULTS = ["--fault.fail=0.1", "--fault.slow=0.1", "--fault.hang=0.03", "--fault.crash=0.03"];

interface Seen {
  up: number;
  down: number;
  /** the last scrape with a database, and the first */
  first: Line[];
  last: Line[];
  slowest: number;
}

/** Scrapes at the pace until the time is over; the contract is checked in each scrape, and from each to the next. */
async function watch(url: string, seen: Seen): Promise<void> {
  const end = performance.now() + DURATION;
  while (performance.now() < end) {
    const begin = performance.now();
    const response = await fetch(url);
    const text = await response.text();
    seen.slowest = Math.max(seen.slowest, performance.now() - begin);
    expect(response.status).toBe(200);
    const lines = parseExposition(text);
    expectInvariants(lines);
    if (total(lines, "tts_db_up") === 1) {
      expectNoFall(seen.last, lines);
      seen.last = lines;
      if (seen.up++ === 0) seen.first = lines;
    } else {
      seen.down++;
    }
    await sleep(PACE);
  }
}

/** What Prometheus says to a question of its HTTP API. */
async function ask<T>(prometheus: string, path: string): Promise<T> {
  const response = await fetch(`${prometheus}/api/v1/${path}`);
  const { data } = (await response.json()) as { data: T };
  return data;
}

async function expectPrometheusContent(prometheus: string, log: string): Promise<void> {
  type Targets = { activeTargets: { labels: Record<string, string>; health: string }[] };
  await eventually(
    "every target is up, the workers by the exporter's service discovery",
    async () => {
      const { activeTargets } = await ask<Targets>(prometheus, "targets?state=active");
      const up = activeTargets.filter(({ health }) => health === "up").map(({ labels }) => labels);
      expect(up.map(({ worker }) => worker ?? "").sort()).toEqual([
        // exporter, Prometheus, Alertmanager
        ...(programPath("alertmanager") ? ["", "", ""] : ["", ""]),
        ...["worker-1", "worker-2", "worker-3", "worker-4"],
      ]);
      return true;
    },
    // A crash may have taken a worker a moment ago.
    30_000,
  );
  const query = encodeURIComponent("max(tts_db_up)");
  const { result } = await ask<{ result: { value: [number, string] }[] }>(prometheus, `query?query=${query}`);
  expect(result.map(({ value }) => value[1])).toEqual(["1"]);
  type Rules = { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
  const { groups } = await ask<Rules>(prometheus, "rules");
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(0);
  expect(rules.filter(({ health }) => health === "err")).toEqual([]);
  expect(log).not.toMatch(/duplicate|out.of.order|many-to-many|rule failed/i);
}

it("the contract holds in every scrape of a demo full of faults whose database is killed meanwhile", async () => {
  const folder = makeFolder();
  const dataDir = join(folder, "data");
  const listen = ["--data-dir", dataDir, "--web.listen-address", "127.0.0.1:0"];
  const demo = startCli(["demo", ...listen, "--rate=4", ...FAULTS]);
  try {
    await demo.line(/^ {2}faults /, 60_000);
    const address = (name: string) =>
      new RegExp(`^  ${name} +(http\\S+)`, "m").exec(demo.output())?.[1] ?? "";

    const seen: Seen = { up: 0, down: 0, first: [], last: [], slowest: 0 };
    const watching = watch(address("exporter"), seen);
    // Where a scrape fails the test is over, and not only when the database is back.
    const killing = sleep(DATABASE_KILLED_AFTER).then(() => {
      const lockFile = join(dataDir, "postgres", "postmaster.pid");
      process.kill(Number.parseInt(readFileSync(lockFile, "utf8"), 10), "SIGKILL");
      return demo.line(/postgres ended .*, starting it again/, 30_000);
    });
    await Promise.all([watching, killing]);

    expect(seen.slowest).toBeLessThan(LONGEST_SCRAPE);
    expect(seen.down).toBeGreaterThan(0);
    const grown = (name: string, labels: Record<string, string> = {}) =>
      (total(seen.last, name, labels) ?? 0) - (total(seen.first, name, labels) ?? 0);
    for (const outcome of ["completed", "failed", "timeout"]) {
      expect(grown("tts_db_tasks_finished_total", { outcome }), outcome).toBeGreaterThan(0);
    }
    expect(grown("tts_db_task_failures_total", { reason: "worker_lost" })).toBeGreaterThan(0);
    if (programPath("prometheus")) {
      const log = readFileSync(join(dataDir, "logs", "prometheus.log"), "utf8");
      await expectPrometheusContent(address("Prometheus"), log);
    }
  } finally {
    const ended = await demo.end();
    rmSync(folder, { recursive: true, force: true });
    expect(ended).toEqual({ code: 0, signal: null });
  }
});
