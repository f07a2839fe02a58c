/** Upper bounds in seconds, the same in both planes; migrations/0002_ledger.sql counts into the same ones. */
export const DURATION_BUCKETS = [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 2400] as const;
export const QUEUE_WAIT_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800] as const;
