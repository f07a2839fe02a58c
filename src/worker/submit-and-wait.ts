import { DuplicateTaskError, TaskEndedError } from "../errors.ts";
import type { WorkerContext } from "./context.ts";
import type { Release } from "./limiter.ts";
import { waitForStart } from "./start.ts";
import { type KnownTask, submit, type TaskRequest, textIdOf } from "./submit.ts";

/**
 * Submits a text, and waits until its task has started. A task of another text that it took over may be run by somebody
 * else before: that one's end is not this text's, which is submitted anew.
 * @throws as `submit` and `waitForStart`
 */
export async function submitAndWait(
  context: WorkerContext,
  request: TaskRequest,
): Promise<KnownTask & { waited: number; release: Release }> {
  const textId = textIdOf(request.textId);
  let counted = false;
  const recorded = () => {
    if (!counted) context.events.emit("submitted", {});
    counted = true;
  };
  for (;;) {
    const task = await submit(context, request, recorded);
    try {
      return { ...task, ...(await waitForStart(context, task)) };
    } catch (error) {
      if (task.textId === textId || !hasBeenRun(error)) throw error;
    }
  }
}

function hasBeenRun(error: unknown): boolean {
  return error instanceof DuplicateTaskError || error instanceof TaskEndedError;
}
