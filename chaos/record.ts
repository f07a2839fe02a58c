import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./faults/fault.ts";
import type { PhaseName } from "./recording/entries.ts";
import { recordRows } from "./recording/observer.ts";
import type { Recorder } from "./recording/recorder.ts";
import { runSchedule } from "./schedule.ts";
import { SETTINGS } from "./settings.ts";
import { openStage } from "./stage/open.ts";
import type { Database } from "./stage/stage.ts";

export interface RunOptions {
  seed: number;
  minutes: number;
  faults: readonly Fault[];
  /** Called with a line for whoever watches. */
  tell(line: string): void;
}

/** Shares of a run; the rest is for the end, which takes what it takes. */
const SHARES: readonly (readonly [PhaseName, share: number])[] = [
  ["quiet", 0.1],
  ["chaos", 0.72],
  ["settling", 0.1],
  ["quiet", 0.08],
];
/** Every task ends within its timeout; tasks that wait for others take their turn. */
const LAST_TASKS = 60_000;
const LAST_SCRAPES = 2000;

/** One run from its first process to its last, recorded. */
export async function recordRun(recorder: Recorder, options: RunOptions): Promise<void> {
  const { seed, minutes, tell } = options;
  recorder.write({ type: "begin", seed, minutes, startedAt: recorder.startedAt, settings: SETTINGS });
  const { stage, load, stopWatching, close } = await openStage(recorder, seed);
  const phase = (name: PhaseName) => {
    recorder.write({ type: "phase", at: recorder.now(), name });
    tell(`${seconds(recorder.now())}  ${name}`);
  };
  try {
    for (const [name, share] of SHARES) {
      phase(name);
      const length = 60_000 * minutes * share;
      if (name === "chaos") await runFaults(recorder, { ...options, stage, length });
      else await sleep(length);
    }
    phase("final");
    await load.stop();
    await untilAllEnded(stage.database);
    await sleep(LAST_SCRAPES);
    await stopWatching();
    await recordRows(recorder, stage.database);
  } finally {
    await stopWatching();
    await close();
  }
  recorder.write({ type: "end", at: recorder.now() });
}

interface FaultsOptions extends RunOptions {
  stage: Awaited<ReturnType<typeof openStage>>["stage"];
  /** ms */
  length: number;
}

async function runFaults(recorder: Recorder, options: FaultsOptions): Promise<void> {
  const { tell, ...schedule } = options;
  const problem = (faultId: number, text: string) =>
    recorder.write({ type: "verdict", at: recorder.now(), faultId, problem: text });
  await runSchedule({
    ...schedule,
    problem,
    async run(id, { kind, lane }, { targets, detail, inject }) {
      const at = recorder.now();
      const known = detail === undefined ? {} : { detail };
      recorder.write({ type: "fault", what: "begin", at, id, kind, targets, ...known });
      tell(`${seconds(at)}  ${[kind, ...targets, detail ?? ""].join(" ")}`);
      const failed = await inject().then(
        () => ({}),
        (error: Error) => ({ failed: String(error.stack) }),
      );
      // What presses may meet what is broken; what breaks is alone.
      if ("failed" in failed && lane === "breaking") problem(id, `it could not be made: ${failed.failed}`);
      recorder.write({ type: "fault", what: "end", at: recorder.now(), id, ...failed });
    },
  });
}

function seconds(at: number): string {
  return `${(at / 1000).toFixed(1).padStart(6)} s`;
}

async function untilAllEnded(database: Database): Promise<void> {
  const deadline = performance.now() + LAST_TASKS;
  while (performance.now() < deadline) {
    const [row] = await database.sql(
      "select count(*)::int as n from tts_monitor.tasks where status in ('pending', 'processing')",
    );
    if (row?.["n"] === 0) return;
    await sleep(500);
  }
}
