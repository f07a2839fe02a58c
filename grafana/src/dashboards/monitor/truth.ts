import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, MUTED, NEUTRAL, WARNING } from "../../colours.ts";
import { mapping, YES_NO } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { type MetricColumn, metricTable } from "../../panels/table.ts";
import { timeline } from "../../panels/timeline.ts";
import { scale } from "../../thresholds.ts";
import { ALLOWED, SEEN } from "./planes.ts";
import { soundBelow } from "./sound.ts";

const NO_EXPORTER = "no exporter is scraped";

/** Is what is shown of now, and is it right? */
export function truthPanels(): PanelBuilder[] {
  return [exporters(), snapshotAges(), planes(), drift(), collectors(), collectorDurations()];
}

function exporters(): PanelBuilder {
  const by = (metric: string) => `max by (instance) (${metric})`;
  const columns: readonly MetricColumn[] = [
    { title: "Exporter", label: "instance" },
    { title: "Version", label: "version", width: 85 },
    {
      title: "Schema",
      label: "schema_version",
      query: "max by (instance, version, schema_version) (tts_monitor_build_info)",
      width: 75,
    },
    {
      title: "Answers",
      width: 90,
      query: by('up{job="tts-exporter"}'),
      mappings: [YES_NO],
    },
    { title: "Database", width: 95, query: by("tts_db_up"), mappings: [YES_NO] },
    {
      title: "Snapshot's age",
      width: 125,
      query: `time() - ${by("tts_db_snapshot_timestamp_seconds")}`,
      unit: "s",
      decimals: 0,
      scale: soundBelow(THRESHOLDS.staleSeconds, BAD, -THRESHOLDS.staleSeconds),
    },
    {
      title: "Clock ahead",
      width: 110,
      query: by("tts_monitor_db_clock_skew_seconds"),
      unit: "s",
    },
    {
      title: "Texts kept by",
      width: 115,
      query: by("tts_monitor_texts_tracked"),
      mappings: [mapping({ 0: { text: "counting", color: NEUTRAL }, 1: { text: "triggers", color: GOOD } })],
    },
    {
      title: "Texts' age",
      width: 100,
      query: `time() - ${by("tts_db_texts_timestamp_seconds")}`,
      unit: "s",
      decimals: 0,
    },
    {
      title: "Stream clients",
      query: by("tts_monitor_sse_clients"),
      unit: "none",
      width: 115,
    },
  ];
  return metricTable({
    title: "Exporters",
    description:
      "Each replica, and what it says of the database. Normal is yes and yes, one version and one schema, a snapshot of seconds, a database's clock within a second of the exporter's, and texts kept by triggers (counted ones may be a minute old). A row with nothing but no is down; a clock that is off looks like an old snapshot to Prometheus (TTSSnapshotStale).",
    noValue: NO_EXPORTER,
    width: 24,
    height: 5,
    columns,
    sortBy: { title: "Exporter", descending: false },
  });
}

function snapshotAges(): PanelBuilder {
  return series({
    title: "Age of the snapshots",
    description: `How old each exporter's snapshot is, by Prometheus' clock. Normal is a saw below 20 seconds; a gap is an exporter without the database. Where the newest one is over ${THRESHOLDS.staleSeconds} s, TTSSnapshotStale fires, and over ${THRESHOLDS.freshSeconds} s a snapshot counts in no rule: pages then go empty.`,
    noValue: "no exporter reaches the database",
    width: 8,
    height: 8,
    queries: [
      {
        expr: "time() - max by (instance) (tts_db_snapshot_timestamp_seconds)",
        legend: "{{instance}}",
      },
    ],
    unit: "suffix: s",
    decimals: 0,
    softMin: 0,
    softMax: THRESHOLDS.freshSeconds,
    limits: scale(GOOD, [THRESHOLDS.staleSeconds, BAD], [THRESHOLDS.freshSeconds, MUTED]),
  });
}

function planes(): PanelBuilder {
  return series({
    title: "Planes side by side, 1 h",
    description:
      "Ends of tasks within an hour: those that the database saw, and those that workers, sweepers and the API reported. Normal is one upon the other, between the orange lines; outside them for long, somebody else ends tasks or something is lost (TTSPlanesDisagree). It means nothing within an hour of a worker's start or end.",
    noValue: "no task has ended, or no worker is scraped",
    width: 8,
    height: 8,
    queries: [
      { expr: `${SEEN} + ${ALLOWED}`, legend: "allowed at most" },
      { expr: `clamp_min(${SEEN} - ${ALLOWED}, 0)`, legend: "allowed at least" },
      { expr: SEEN, legend: "database saw" },
      { expr: `${SEEN} - tts:planes_finished:difference_increase1h`, legend: "reported" },
    ],
    unit: "short",
    min: 0,
    colours: {
      "allowed at most": WARNING,
      "allowed at least": WARNING,
      "database saw": NEUTRAL,
      reported: GOOD,
    },
  });
}

function drift(): PanelBuilder {
  return series({
    title: "Drift of each ledger",
    description:
      "The books less a recount of the rows, as each exporter's last audit found it; minus means that the books have too little. Normal is 0; anything else pages (TTSLedgerDrift). It changes only with an audit, which is hourly: `tts-monitor audit` counts now.",
    noValue: "no exporter has audited",
    width: 8,
    height: 8,
    queries: [
      {
        expr: "max by (instance, ledger) (tts_monitor_audit_drift)",
        legend: "{{ledger}} · {{instance}}",
      },
    ],
    unit: "short",
    decimals: 0,
    softMin: -2,
    softMax: 2,
    limits: scale(BAD, [0, GOOD], [1, BAD]),
  });
}

function collectors(): PanelBuilder {
  return timeline({
    title: "Collectors that answer",
    description:
      "Each question to the database, by each exporter: green where it was answered. Red for long is TTSCollectorFailing: what it tells is then missing everywhere, never old or 0; the exporter's log says why. All red at once is the database itself.",
    noValue: NO_EXPORTER,
    width: 12,
    height: 8,
    queries: [
      {
        expr: "min by (instance, collector) (tts_monitor_collector_success)",
        legend: "{{collector}} · {{instance}}",
      },
    ],
    unit: "short",
    mappings: [mapping({ 0: { text: "fails", color: BAD }, 1: { text: "answers", color: GOOD } })],
  });
}

function collectorDurations(): PanelBuilder {
  return series({
    title: "Time of each collector",
    description:
      "How long each question took in its last run, by the slowest exporter. Normal is milliseconds, however many tasks there are; one alone that rises points at its table, all together at the database or the way to it (TTSScrapeSlow). Only texts may be slow, where no triggers keep them.",
    noValue: NO_EXPORTER,
    width: 12,
    height: 8,
    queries: [
      { expr: "max by (collector) (tts_monitor_collector_duration_seconds)", legend: "{{collector}}" },
    ],
    unit: "s",
    min: 0,
  });
}
