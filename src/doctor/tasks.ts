import { stuckCollector } from "../collectors/stuck.ts";
import { type Finding, inWords, ok, question, warn } from "./check.ts";

// What the sweeper may need on top of its interval.
const SLACK = 2000;

/** Does a task hang that ought to have ended, or to have started? */
export const tasksCheck = question("tasks", async (db, { config }): Promise<Finding> => {
  const { byCause, oldest } = await stuckCollector(config.task.pendingTimeout).read(db);
  const late = (config.sweep.interval + SLACK) / 1000;
  const unended = oldest.filter(({ cause, age }) => cause !== "never_claimed" && age > late);
  if (unended.length > 0) {
    return warn(
      `overdue, and nobody ends them: ${named(unended)}`,
      "see jobs, above: an exporter at work ends them within one --sweep.interval (docs/runbooks/TTSTaskStuck.md)",
    );
  }
  const { count } = byCause.never_claimed;
  if (count === 0) return ok("none is stuck");
  return warn(
    `pending for too long: ${count}, such as ${named(oldest.filter(({ cause }) => cause === "never_claimed"))}`,
    "are there workers that take them (`work`), with free slots? See docs/runbooks/TTSTaskNeverClaimed.md",
  );
});

function named(tasks: readonly { textId: bigint; age: number }[]): string {
  return inWords(
    tasks.map(({ textId, age }) => `text ${textId} (for ${Math.round(age)} s)`),
    3,
  );
}
