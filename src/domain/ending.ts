import { type Audio, isValidAudio } from "./audio.ts";
import { errorMessage, failureReason, type Reason } from "./reason.ts";
import type { Outcome } from "./task.ts";

/** How a task ends. */
export interface Ending {
  outcome: Outcome;
  reason: Reason | null;
  errorMessage: string | null;
  audio: Audio | null;
}

/** The end of a task whose work gave an audio: an invalid one is a failure. */
export function completion(audio: Audio): Ending {
  if (isValidAudio(audio)) return { outcome: "completed", reason: null, errorMessage: null, audio };
  const message = `the audio has ${audio.fileSize} bytes only`;
  return { outcome: "failed", reason: "invalid_audio", errorMessage: message, audio };
}

/** @param reason `other` where it is not in the closed list */
export function failure(reason: string, message: string): Ending {
  return {
    outcome: "failed",
    reason: failureReason(reason),
    errorMessage: errorMessage(message),
    audio: null,
  };
}

export const DEADLINE_EXCEEDED: Ending = {
  outcome: "timeout",
  reason: "deadline_exceeded",
  errorMessage: null,
  audio: null,
};
