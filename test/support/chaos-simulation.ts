import type { FaultKind } from "../../chaos/faults/kinds.ts";
import type { Entry, PhaseName } from "../../chaos/recording/entries.ts";
import { SETTINGS } from "../../chaos/settings.ts";
import type { Random } from "../../chaos/stage/random.ts";
import { killWorker, submit } from "./chaos-tasks.ts";
import {
  createWorld,
  endProcess,
  recount,
  SECOND,
  STARTED_AT,
  scrape,
  startProcess,
  type World,
} from "./chaos-world.ts";

const EXPORTERS = ["exporter-1", "exporter-2"];
const WORKERS = ["worker-1", "worker-2", "worker-3"];
const PARTS = [...EXPORTERS, ...WORKERS];
const LOAD_ENDS = 300 * SECOND;
const SCRAPES_END = 330 * SECOND;
const PHASES: readonly [number, PhaseName][] = [
  [1, "quiet"],
  [60 * SECOND, "chaos"],
  [180 * SECOND, "settling"],
  [200 * SECOND, "quiet"],
  [LOAD_ENDS, "final"],
];
const BEGIN: Entry = {
  type: "begin",
  seed: 1,
  minutes: 5,
  startedAt: STARTED_AT,
  settings: SETTINGS,
};
const WATCHDOG = { name: "TTSWatchdog", state: "firing" as const, activeAt: 500, labels: {} };

/**
 * A recording of a run that never was, of five and a half minutes: a system that does what it should, in which a few
 * faults are made. Everything that happens is a step at a time of its own.
 */
export function simulateRecording(random: Random): Entry[] {
  const steps: { at: number; step: () => void }[] = [];
  const entries: Entry[] = [BEGIN];
  const after = (at: number, step: () => void) => void steps.push({ at, step });
  const world = createWorld({ random, entries, after });

  for (const [at, name] of PHASES) after(at, () => entries.push({ type: "phase", at, name }));
  for (const part of PARTS) after(0, () => startProcess(world, part, 0));
  for (let at = 2 * SECOND; at < LOAD_ENDS; at += 300) {
    const moment = at + random.whole(0, 50);
    after(moment, () => submit(world, moment, WORKERS));
  }
  for (let at = 1500; at < SCRAPES_END; at += 3 * SECOND) observe(world, at);
  makeFaults(world);
  after(SCRAPES_END + SECOND, () => close(world, SCRAPES_END + SECOND));

  // Steps make further steps, all of them later.
  for (let next = takeNext(steps); next; next = takeNext(steps)) next.step();
  return entries;
}

function takeNext(steps: { at: number; step: () => void }[]) {
  const earliest = steps.reduce(
    (best, { at }, index) => (at < (steps[best]?.at ?? Number.POSITIVE_INFINITY) ? index : best),
    0,
  );
  return steps.splice(earliest, 1)[0];
}

/** Looks at everything once, within a second. */
function observe(world: World, at: number): void {
  const { after, entries } = world;
  for (const [index, part] of PARTS.entries()) {
    const moment = at + 100 * index;
    after(moment, () => scrape(world, part, moment));
  }
  const open = { "exporter-2": 4, "worker-1": 3 };
  after(at + 700, () => entries.push({ type: "sessions", at: at + 700, open }));
  after(at + 900, () => recount(world, at + 900));
  after(at + 950, () => entries.push({ type: "alerts", at: at + 950, alerts: [WATCHDOG] }));
}

function makeFaults(world: World): void {
  const { entries, after, books } = world;
  let faults = 0;
  const fault = (
    at: number,
    ms: number,
    kind: FaultKind,
    targets: string[],
    begin: () => void,
    end = () => {},
  ) => {
    const id = ++faults;
    after(at, () => {
      entries.push({ type: "fault", what: "begin", at, id, kind, targets });
      begin();
    });
    after(at + ms, () => {
      end();
      entries.push({ type: "fault", what: "end", at: at + ms, id });
    });
  };
  const setUp = (up: boolean) => () => {
    world.up = up;
  };
  fault(70_050, 4500, "database-away", ["postgres"], setUp(false), setUp(true));
  fault(
    90_050,
    1500,
    "worker-killed",
    ["worker-2"],
    () => killWorker(world, "worker-2", 90_050),
    () => startProcess(world, "worker-2", 91_550),
  );
  fault(
    110_050,
    1500,
    "exporter-stopped",
    ["exporter-1"],
    () => endProcess(world, "exporter-1", 110_050, "exit code 0"),
    () => startProcess(world, "exporter-1", 111_550),
  );
  fault(130_050, 500, "late-reports", [], () => {
    books.late++;
  });
  fault(150_050, 500, "prune", [], () => {
    books.pruned += 20;
  });
}

function close(world: World, at: number): void {
  world.entries.push({ type: "rows", at, tasks: [...world.rows.values()] });
  for (const part of PARTS) endProcess(world, part, at + 1, "exit code 0");
  world.entries.push({ type: "end", at: at + 2 });
}
