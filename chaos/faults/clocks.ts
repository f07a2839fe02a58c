import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../stage/random.ts";
import type { Part } from "../stage/stage.ts";
import type { Fault, Prepared } from "./fault.ts";

const STEPS = ["+3650d", "-1h", "+1h", "-1d", "+30d", "-30s", "+5s", "-3650d"];
const RIGHT = "+0";

export const EXPORTER_CLOCK_STEPS: Fault = {
  kind: "exporter-clock-steps",
  lane: "breaking",
  seconds: 5,
  prepare: (stage, random) => clockSteps(stage.exporters, random),
};

export const WORKER_CLOCK_STEPS: Fault = {
  kind: "worker-clock-steps",
  lane: "breaking",
  seconds: 5,
  prepare: (stage, random) => clockSteps(stage.workers, random),
};

function clockSteps(parts: readonly Part[], random: Random): Prepared | undefined {
  const clocks = parts.flatMap(({ name, setClock }) => (setClock ? [{ name, setClock }] : []));
  if (clocks.length === 0) return undefined;
  const { name, setClock } = random.pick(clocks);
  const steps = random
    .shuffle(STEPS)
    .slice(0, 4)
    .map((offset) => ({ offset, ms: random.whole(800, 1300) }));
  return {
    targets: [name],
    detail: steps.map(({ offset }) => offset).join(", "),
    async inject() {
      try {
        for (const { offset, ms } of steps) {
          setClock(offset);
          await sleep(ms);
        }
      } finally {
        setClock(RIGHT);
      }
    },
  };
}
