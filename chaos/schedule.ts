import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Lane, Prepared } from "./faults/fault.ts";
import { createRandom, type Random } from "./stage/random.ts";
import type { Stage } from "./stage/stage.ts";

export interface ScheduleOptions {
  faults: readonly Fault[];
  stage: Omit<Stage, "problem">;
  seed: number;
  /** ms from now */
  length: number;
  /** Makes a fault and takes it back. @param id its number in the run, from 1 */
  run(id: number, fault: Fault, prepared: Prepared): Promise<void>;
  /** Called with what a fault finds wrong. */
  problem(id: number, text: string): void;
}

/** ms between a fault's end and the next one's begin: some time to recover in, or next to none */
const PAUSES: Record<Lane, [least: number, most: number]> = { breaking: [200, 2500], pressing: [500, 5000] };

/** Makes faults until the time is up, in both lanes; resolves when the last one has been taken back. */
export async function runSchedule(options: ScheduleOptions): Promise<void> {
  const lanes: readonly Lane[] = ["breaking", "pressing"];
  let faults = 0;
  const nextId = () => ++faults;
  await Promise.all(lanes.map((lane, index) => runLane(lane, 2 * options.seed + index, nextId, options)));
}

async function runLane(
  lane: Lane,
  seed: number,
  nextId: () => number,
  { faults, stage, length, run, problem }: ScheduleOptions,
): Promise<void> {
  const inLane = faults.filter((fault) => fault.lane === lane);
  if (inLane.length === 0) return;
  const random = createRandom(seed);
  const end = performance.now() + length;
  for (const fault of endlessly(inLane, random)) {
    const pause = random.whole(...PAUSES[lane]);
    // Whatever it decides by chance, those behind it decide the same.
    const own = createRandom(random.whole(0, 2 ** 31 - 1));
    if (performance.now() + pause + 1000 * fault.seconds > end) return;
    await sleep(pause);
    const id = nextId();
    const prepared = fault.prepare({ ...stage, problem: (text) => problem(id, text) }, own);
    if (prepared !== undefined) await run(id, fault, prepared);
  }
}

/** Each once, in an order of chance, and again. */
function* endlessly(faults: readonly Fault[], random: Random): Generator<Fault> {
  for (;;) yield* random.shuffle(faults);
}
