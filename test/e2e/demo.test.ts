import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseTotals } from "../../src/demo/totals.ts";
import { isValidAudio } from "../../src/domain/audio.ts";
import { demosWorkers, descendants } from "../support/descendants.ts";
import { eventually } from "../support/eventually.ts";
import { startCli, type TestProcess } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { isThere, makeFolder } from "../support/temporary-server.ts";

const START_MS = 60_000;
const CALM = ["--fault.fail=0", "--fault.slow=0", "--fault.hang=0", "--fault.crash=0"];

interface Demo {
  process: TestProcess;
  dataDir: string;
  /** addresses behind `name` in the header */
  urls(name: string): string[];
  /** the first of them */
  url(name: string): string;
}

async function startDemo(folder: string, ...flags: string[]): Promise<Demo> {
  const dataDir = join(folder, "data");
  const args = ["--data-dir", dataDir, "--web.listen-address", "127.0.0.1:0", "--rate", "4", ...flags];
  const process = startCli(["demo", ...args]);
  await process.line(/^ {2}faults /, START_MS);
  const urls = (name: string) =>
    (new RegExp(`^  ${name} +(http.*)$`, "m").exec(process.output())?.[1] ?? "").split(" ");
  return { process, dataDir, urls, url: (name) => urls(name)[0] ?? "" };
}

async function expectNothingLeft(demo: Demo, pids: readonly number[]): Promise<void> {
  expect(pids.length).toBeGreaterThan(8);
  await eventually("every process has ended", () => !pids.some(isThere), 15_000);
  expect(existsSync(join(demo.dataDir, "postgres", "postmaster.pid"))).toBe(false);
}

describe("a demo that runs", () => {
  const folder = makeFolder();
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo(folder, "--fault.fail=0.2", "--fault.slow=0", "--fault.hang=0", "--fault.crash=0");
  }, START_MS);
  afterAll(async () => {
    await demo.process.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("texts become real audio files, and the totals come from the exporter", async () => {
    await demo.process.line(/texts \d+ \(completed [1-9]\d*, [\d.]+ %\).*[1-9]\d* completed/, START_MS);
    const audio = join(demo.dataDir, "audio");
    const files = readdirSync(audio).map((name) => readFileSync(join(audio, name)));
    expect(files.some((file) => isValidAudio({ fileSize: file.length }))).toBe(true);
    for (const file of files) expect(file.toString("latin1", 0, 4)).toBe("RIFF");
    const totals = parseTotals(await demo.process.answers(demo.url("exporter")));
    expect(totals?.textsCompleted).toBeGreaterThan(0);
    expect(totals?.workersLive).toBe(4);
  });

  test("faults show as failures with the provider's reasons", async () => {
    await demo.process.line(/[1-9]\d* failed/, START_MS);
    const metrics = await demo.process.answers(demo.url("exporter"));
    expect(metrics).toMatch(/tts_db_task_failures_total\{reason="provider_\w+"\} [1-9]/);
  });

  test("the header's own lines list the failed tasks and retry a text, with the demo's token", () => {
    const line = (name: string) =>
      new RegExp(`^  ${name} +(curl .*)$`, "m").exec(demo.process.output())?.[1] ?? "";
    const shell = (command: string) =>
      spawnSync("sh", ["-c", command.replace(/^curl /, "curl -s ")], { encoding: "utf8" }).stdout;
    const [task] = JSON.parse(shell(line("failed tasks"))).tasks;
    const answer = JSON.parse(shell(line("a retry").replace(/1$/, String(task.text_id))));
    // A worker, a deletion or somebody's retry may have come first.
    expect(JSON.stringify(answer)).toMatch(/"status":"(pending|processing|completed)"|there is no text/);
  });

  describeWith("prometheus", "the demo's Prometheus", () => {
    test("scrapes the exporter and every worker", async () => {
      const targets = async () => {
        const body = await demo.process.answers(`${demo.url("Prometheus")}/api/v1/targets?state=active`);
        return JSON.parse(body).data.activeTargets as { labels: Record<string, string>; health: string }[];
      };
      await eventually(
        "the exporter and four workers are up",
        async () => {
          const up = (await targets()).filter(({ health }) => health === "up");
          const of = (job: string) => up.filter(({ labels }) => labels["job"] === job).length;
          return of("tts-exporter") === 1 && of("tts-worker") === 4;
        },
        60_000,
      );
    });
  });

  describeWith("alertmanager", "the demo's Alertmanager", () => {
    test("tells the demo's pager, as a line on the screen", async () => {
      await fetch(`${demo.url("Alertmanager")}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([
          { labels: { alertname: "Drill", severity: "critical" }, annotations: { summary: "only a test" } },
        ]),
      });
      await demo.process.line(/pager: firing Drill: only a test/, 60_000);
    });
  });

  test("a killed worker comes back at its address, and no other one minds", async () => {
    const before = demosWorkers(demo.process.pid);
    const [victim = 0, ...others] = before;
    process.kill(victim, "SIGKILL");
    const [, number] = await demo.process.line(/worker-(\d) ended \(SIGKILL\), starting it again/);
    await eventually(
      "there are four workers again",
      () => demosWorkers(demo.process.pid).length === 4,
      10_000,
    );
    await demo.process.answers(demo.urls("workers")[Number(number) - 1] ?? "", 200, 20_000);
    expect(demosWorkers(demo.process.pid)).toEqual(expect.arrayContaining(others));
    expect(demosWorkers(demo.process.pid)).not.toContain(victim);
  });

  test("a killed exporter comes back, and its totals have not fallen", async () => {
    const completed = async () =>
      parseTotals(await demo.process.answers(demo.url("exporter")))?.completed ?? 0;
    const before = await completed();
    const exporter = descendants(demo.process.pid).find(({ command }) => command.endsWith("serve"));
    process.kill(exporter?.pid ?? 0, "SIGKILL");
    await demo.process.line(/exporter ended \(SIGKILL\)/);
    const after = await eventually("the exporter answers again", completed, 20_000);
    expect(after).toBeGreaterThanOrEqual(before);
  });

  test("a killed database comes back with its rows", async () => {
    const before = parseTotals(await demo.process.answers(demo.url("exporter")))?.texts ?? 0;
    const postmaster = Number(
      readFileSync(join(demo.dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0],
    );
    process.kill(postmaster, "SIGKILL");
    await demo.process.line(/postgres ended .*, starting it again/, 30_000);
    await eventually(
      "new texts are completed",
      async () => (parseTotals(await demo.process.answers(demo.url("exporter")))?.texts ?? 0) > before,
      60_000,
    );
  });

  test("a second demo in the same directory is refused with one line and harms nothing", async () => {
    const second = startCli(["demo", "--data-dir", demo.dataDir, "--web.listen-address", "127.0.0.1:0"]);
    expect((await second.exited).code).toBe(1);
    expect(second.output()).toContain("tts-monitor: ");
    expect(second.output()).not.toContain("    at ");
    await demo.process.answers(demo.url("exporter"));
  });
});

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("ends the demo with 0 and leaves no process and no lock", async () => {
    const folder = makeFolder();
    const demo = await startDemo(folder, ...CALM);
    const pids = descendants(demo.process.pid).map(({ pid }) => pid);
    demo.process.signal(signal);
    expect(await demo.process.exited).toEqual({ code: 0, signal: null });
    await expectNothingLeft(demo, pids);
    rmSync(folder, { recursive: true, force: true });
  });
});

test("a signal just behind the header, where the load has not started yet, ends it too", async () => {
  const folder = makeFolder();
  const demo = await startDemo(folder, ...CALM);
  expect(await demo.process.end()).toEqual({ code: 0, signal: null });
  rmSync(folder, { recursive: true, force: true });
});

test("where the supervisor is killed, everything else ends by itself, and the next demo starts", async () => {
  const folder = makeFolder();
  const demo = await startDemo(folder, ...CALM);
  const pids = descendants(demo.process.pid).map(({ pid }) => pid);
  await demo.process.kill();
  await expectNothingLeft(demo, pids);
  const next = await startDemo(folder, ...CALM);
  expect(await next.process.end()).toEqual({ code: 0, signal: null });
  rmSync(folder, { recursive: true, force: true });
});

test("a signal in the middle of the start ends what has been started", async () => {
  const folder = makeFolder();
  const demo = startCli(["demo", "--data-dir", join(folder, "data"), "--web.listen-address", "127.0.0.1:0"]);
  await demo.line(/starting/);
  const pids = await eventually("the database is on its way", () => {
    const children = descendants(demo.pid);
    return children.some(({ command }) => /postgres -D/.test(command)) && children.map(({ pid }) => pid);
  });
  demo.signal("SIGINT");
  expect((await demo.exited).code).toBe(0);
  await eventually("every process has ended", () => !pids.some(isThere), 5000);
  expect(existsSync(join(folder, "data", "postgres", "postmaster.pid"))).toBe(false);
  rmSync(folder, { recursive: true, force: true });
});
