import * as kinds from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** Those of the demo alone: what it speaks, how much of it, and what goes wrong. */
export const DEMO_SETTINGS = {
  texts: {
    kind: kinds.directory,
    otherwise: "those that come with the program",
    help: "directory of the texts to speak",
    readers: ["demo"],
  },
  workers: { kind: kinds.wholeNumber(1, 64), default: "4", help: "worker processes", readers: ["demo"] },
  rate: {
    kind: kinds.decimal(0.001, 1000),
    default: "1",
    help: "new texts per second",
    readers: ["demo"],
  },
  "fault.fail": {
    kind: kinds.decimal(0, 1),
    default: "0.05",
    help: "share of tasks whose speech provider answers with an error",
    readers: ["demo"],
  },
  "fault.slow": {
    kind: kinds.decimal(0, 1),
    default: "0.05",
    help: "share of tasks whose speech provider is slow",
    readers: ["demo"],
  },
  "fault.hang": {
    kind: kinds.decimal(0, 1),
    default: "0.01",
    help: "share of tasks whose speech provider never answers",
    readers: ["demo"],
  },
  "fault.crash": {
    kind: kinds.decimal(0, 1),
    default: "0.005",
    help: "share of tasks whose worker dies",
    readers: ["demo"],
  },
} as const satisfies Record<string, Setting>;
