import type { ChaosSettings } from "./recording/entries.ts";

/** Short, so that a fault may outlast them. */
export const SETTINGS: ChaosSettings = {
  heartbeatTimeout: 3,
  sweepInterval: 1,
  taskTimeout: 8,
  // Fewer than all workers' slots, so that it is always what is in the way.
  globalLimit: 5,
  connections: { exporter: 5, worker: 3 },
  userMark: "zz-user",
};
