import * as kinds from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** Those of `migrate` and `migrate down` alone. */
export const MIGRATE_SETTINGS = {
  "track-app-tables": {
    kind: kinds.flag,
    default: "false",
    help: "install triggers on tts_texts and tts_audios that keep the texts' totals",
    readers: ["migrate"],
  },
  "untrack-app-tables": {
    kind: kinds.flag,
    default: "false",
    help: "remove these triggers",
    readers: ["migrate"],
  },
  force: {
    kind: kinds.flag,
    default: "false",
    help: "remove it even where a worker lives or a task is pending or processing",
    readers: ["migrate down"],
    orderFor: ["migrate down"],
  },
  "grant.reader": {
    kind: kinds.roleName,
    otherwise: "none",
    help: "an existing role to grant what the exporter's scrape and Grafana read",
    readers: ["migrate"],
  },
  "grant.writer": {
    kind: kinds.roleName,
    otherwise: "none",
    help: "an existing role to grant what workers and the API write",
    readers: ["migrate"],
  },
} as const satisfies Record<string, Setting>;
