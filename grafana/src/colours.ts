/** Colours by meaning, everywhere the same; by name, for each theme has its own shade of them. */
export const GOOD = "green";
export const WARNING = "orange";
export const BAD = "red";
export const NEUTRAL = "blue";
export const MUTED = "text";

export const STATUS_COLOURS = {
  completed: GOOD,
  failed: BAD,
  timeout: WARNING,
  processing: NEUTRAL,
  pending: "yellow",
  stuck: "purple",
} as const;

export const WORKER_STATE_COLOURS = { live: GOOD, draining: "yellow", lost: BAD } as const;

export const SEVERITY_COLOURS = { critical: BAD, warning: WARNING } as const;
