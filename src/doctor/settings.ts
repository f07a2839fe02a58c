import { formatDuration } from "../domain/duration.ts";
import { type Check, ok, type Sight, warn } from "./check.ts";

/** Do the settings, each valid, go together? */
export const settingsCheck: Check<Sight> = {
  name: "settings",
  async look({ config }) {
    const [kept, window] = [config.retention.tasks, config.dedup.window];
    if (kept >= window) {
      return ok(`tasks are kept for ${formatDuration(kept)}, the dedup window is ${formatDuration(window)}`);
    }
    return warn(
      `tasks are removed after ${formatDuration(kept)}, before the dedup window of ${formatDuration(window)} is over`,
      `--retention.tasks ${formatDuration(window)} or longer: a task that is gone answers no duplicate`,
    );
  },
};
