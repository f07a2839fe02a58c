import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, WARNING } from "../../colours.ts";
import { mapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { type StatOptions, stat } from "../../panels/stat.ts";
import { scale } from "../../thresholds.ts";
import { ALLOWED } from "./planes.ts";
import { SHARE, soundBelow } from "./sound.ts";

const SIZE = { width: 4, height: 4 };

/** All green: what the other pages show is true, and of now. */
export function glancePanels(): PanelBuilder[] {
  return [...fresh(), ...agreeing(), watchdog()].map((options) => stat({ ...SIZE, ...options }));
}

type Glance = Omit<StatOptions, keyof typeof SIZE>;

function fresh(): Glance[] {
  return [
    {
      title: "Exporters up",
      description:
        "The share of exporters that Prometheus reaches. Normal is 100 %; less means that a replica is down (TTSExporterReplicaDown) and others do its work, 0 % or nothing that nobody knows of the tasks (TTSExporterDown). The table below names it.",
      noValue: "none",
      queries: [{ expr: 'avg(up{job="tts-exporter"})', legend: "up" }],
      unit: "percentunit",
      decimals: 0,
      // Any share above nothing.
      scale: scale(BAD, [Number.EPSILON, WARNING], [1, GOOD]),
    },
    {
      title: "Database",
      description:
        "Whether the database gave the exporters a snapshot in their last scrapes: whether it answers. Normal is that it does; where it does to none, every number of the database is missing (TTSDatabaseDown), and where not to all, one exporter does not reach it.",
      noValue: "unknown",
      queries: [{ expr: "min(tts_db_up) + max(tts_db_up)", legend: "answers" }],
      unit: "short",
      scale: scale(BAD),
      mappings: [
        mapping({
          0: { text: "silent", color: BAD },
          1: { text: "not to all", color: WARNING },
          2: { text: "answers", color: GOOD },
        }),
      ],
    },
    {
      title: "Snapshot age",
      description: `How old the newest snapshot of the database is, the database's clock against Prometheus'. Normal is up to 20 seconds; over ${THRESHOLDS.staleSeconds} nothing shown or judged is about now (TTSSnapshotStale). Below 0 the database's clock is ahead.`,
      noValue: "none for 2 m",
      queries: [
        { expr: "time() - max(max_over_time(tts_db_snapshot_timestamp_seconds[2m]))", legend: "age" },
      ],
      unit: "s",
      decimals: 0,
      scale: soundBelow(THRESHOLDS.staleSeconds, BAD, -THRESHOLDS.staleSeconds),
    },
  ];
}

function agreeing(): Glance[] {
  return [
    {
      title: "Ledger drift",
      description:
        "By how much the books differ from a recount of the rows, where it is most. Normal is 0, always; else totals and success rates are wrong by that much, and TTSLedgerDrift says how to mend them.",
      noValue: "not audited",
      queries: [{ expr: "max(abs(last_over_time(tts_monitor_audit_drift[2m])))", legend: "drift" }],
      unit: "short",
      decimals: 0,
      scale: soundBelow(1),
    },
    {
      title: "Planes apart",
      description: `By how much the ends of tasks that the database saw in an hour differ from those that workers, sweepers and the API reported, as a share of what is allowed: ${THRESHOLDS.planesTasks} tasks, or ${100 * THRESHOLDS.planesRatio} % where that is more. Normal is below 100 %; above for long, follow TTSPlanesDisagree. Starts and ends of workers within the hour spoil it.`,
      noValue: "not known",
      queries: [
        { expr: `abs(tts:planes_finished:difference_increase1h) / ${ALLOWED}`, legend: "apart within 1 h" },
      ],
      unit: "percentunit",
      decimals: 0,
      scale: SHARE,
    },
  ];
}

function watchdog(): Glance {
  const named = 'alertname="TTSWatchdog"';
  return {
    title: "Watchdog",
    description:
      "The alert that always fires: since when it does without a break, and when Prometheus last said so. Normal is seen within 15 seconds. Whether it also arrives is outside of Prometheus: the dead man's switch alone knows, and pages when it stops (TTSWatchdog).",
    noValue: "does not fire",
    queries: [
      { expr: `time() - max(timestamp(ALERTS{${named}, alertstate="firing"}))`, legend: "last seen" },
      { expr: `time() - max(ALERTS_FOR_STATE{${named}})`, legend: "firing for" },
    ],
    unit: "s",
    decimals: 0,
    scale: scale(BAD, [0, GOOD]),
  };
}
