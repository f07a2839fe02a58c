import type { Fault } from "./fault.ts";
import { mayEnd } from "./parts.ts";
import { freezing, startedAnew } from "./processes.ts";
import { long } from "./time.ts";

export const EXPORTER_KILLED: Fault = {
  kind: "exporter-killed",
  lane: "breaking",
  seconds: 3,
  prepare: (stage, random) => startedAnew(random, stage.exporters.filter(mayEnd), "kill"),
};

export const EXPORTER_STOPPED: Fault = {
  kind: "exporter-stopped",
  lane: "breaking",
  seconds: 3,
  prepare: (stage, random) => startedAnew(random, stage.exporters.filter(mayEnd), "stop"),
};

export const EXPORTER_FROZEN: Fault = {
  kind: "exporter-frozen",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => freezing(random.pick(stage.exporters), long(stage, random)),
};
