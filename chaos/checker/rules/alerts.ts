import type { Alerts } from "../../recording/entries.ts";
import { type Context, phaseBegin, type Rule } from "../rule.ts";

const WATCHDOG = "TTSWatchdog";
/** ms after the last process is ready in which Prometheus has yet to scrape all of them */
const START = 30_000;
/** ms after the faults for which rates over a minute still see them */
const AFTER_CHAOS = 60_000;
/**
 * The load fails now and then on purpose, more often than the objectives allow, and takes all slots for moments: these are
 * right whatever befalls.
 */
const OF_THE_LOAD: readonly string[] = [
  "TTSErrorBudgetBurn",
  "TTSErrorBudgetExhausted",
  "TTSConcurrencySaturated",
];
/** They look back for longer than a minute, so after the faults they speak of those. */
const LOOK_BACK: readonly string[] = [
  "TTSTaskStuck",
  "TTSTaskNeverClaimed",
  "TTSTaskTimeoutsHigh",
  "TTSQueueBacklogGrowing",
  "TTSQueueStalled",
  "TTSWorkerRestartLoop",
  "TTSWorkerEventLoopLag",
  "TTSWorkerEventsLost",
  "TTSWorkerSlotConflict",
  "TTSLateWrites",
  "TTSPlanesDisagree",
];

type Alert = Alerts["alerts"][number];

/** In quiet minutes no alert begins, but the watchdog. */
export function alerts(): Rule {
  const told = new Set<string>();
  return {
    name: "alerts",
    title: "in quiet minutes no alert begins",
    always: false,
    see(entry, context, tell) {
      const phase = context.phases.at(-1);
      if (entry.type !== "alerts" || phase?.name !== "quiet") return;
      const first = phaseBegin(context, "chaos") === undefined;
      for (const alert of entry.alerts) {
        if (alert.name === WATCHDOG || OF_THE_LOAD.includes(alert.name)) continue;
        tell.compared();
        const wrong = first ? atFirst(alert, context) : afterwards(alert, phase.at, context);
        // It is listed again and again for as long as it is active.
        const key = JSON.stringify([alert.labels, alert.activeAt, alert.state]);
        if (!wrong || told.has(key)) continue;
        told.add(key);
        tell.wrong({
          sentence: `the alert ${alert.name} is ${alert.state} while all is quiet`,
          at: entry.at,
          values: { "active since, ms": alert.activeAt, ...alert.labels },
        });
      }
      // That there is none is a comparison too.
      tell.compared();
    },
  };
}

function atFirst({ state, activeAt }: Alert, { parts }: Context): boolean {
  const ready = Math.max(0, ...parts.all.map(({ life, readyAt = 0 }) => (life === 1 ? readyAt : 0)));
  return state === "firing" || activeAt > ready + START;
}

function afterwards({ name, activeAt }: Alert, quietSince: number, context: Context): boolean {
  const calm = (phaseBegin(context, "settling") ?? quietSince) + AFTER_CHAOS;
  return activeAt >= Math.max(quietSince, calm) && !LOOK_BACK.includes(name);
}
