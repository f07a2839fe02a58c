/** Why a task ended badly: closed lists, so that a reason can be a metric label. */
export const FAILURE_REASONS = [
  "provider_error",
  "provider_throttled",
  "provider_timeout",
  "invalid_input",
  "invalid_audio",
  "storage_error",
  "internal",
  "other",
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export const TIMEOUT_REASONS = ["deadline_exceeded", "worker_lost"] as const;
export type TimeoutReason = (typeof TIMEOUT_REASONS)[number];

export const REASONS = [...FAILURE_REASONS, ...TIMEOUT_REASONS] as const;
export type Reason = (typeof REASONS)[number];

/** The reason itself, or `other` for one outside the list: unknown words never become label values. */
export function failureReason(word: string): FailureReason {
  return FAILURE_REASONS.find((reason) => reason === word) ?? "other";
}

const ERROR_MESSAGE_CODE_POINTS = 2000;

/**
 * An error message fit for PostgreSQL's `text`: at most 2,000 code points (never half a surrogate pair),
 * without NUL, which `text` cannot hold.
 */
export function errorMessage(text: string): string {
  const storable = text.replaceAll("\0", "").toWellFormed();
  return storable.length <= ERROR_MESSAGE_CODE_POINTS
    ? storable
    : Array.from(storable).slice(0, ERROR_MESSAGE_CODE_POINTS).join("");
}
