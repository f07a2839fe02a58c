import type { Recorder } from "../recording/recorder.ts";
import { type MakeCall, Refused } from "./stage.ts";

/** Makes calls, and records each before it is made and when its answer is there. */
export function createCalls(recorder: Recorder): MakeCall {
  let asked = 0;
  return async ({ by, call, textId, may }, make) => {
    const id = ++asked;
    recorder.write({
      type: "asked",
      at: recorder.now(),
      id,
      by,
      call,
      ...(textId !== undefined && { textId }),
      may,
    });
    const answered = <More extends object>(outcome: "acknowledged" | "refused" | "unknown", more: More) =>
      recorder.write({ type: "answered", at: recorder.now(), id, outcome, did: {}, ...more });
    try {
      const { value, ...done } = await make((later) => answered("acknowledged", later));
      answered("acknowledged", done);
      return value;
    } catch (error) {
      const detail = String(error);
      if (error instanceof Refused) answered("refused", { detail });
      else answered("unknown", { detail, still: may });
      return undefined;
    }
  };
}
