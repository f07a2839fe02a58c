import type { Fault } from "./fault.ts";
import { startedAnew } from "./processes.ts";

export const PROMETHEUS_STOPPED: Fault = {
  kind: "prometheus-stopped",
  lane: "breaking",
  seconds: 3,
  prepare: ({ prometheus }, random) => startedAnew(random, prometheus ? [prometheus] : [], "stop"),
};
