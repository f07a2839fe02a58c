import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { YES_NO } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { metricTable } from "../../panels/table.ts";
import { SHARE } from "./sound.ts";

const JOBS = '{job=~"tts-exporter|tts-worker|prometheus|alertmanager"}';
const SCRAPE = "scrape_duration_seconds";
const SAMPLES = "scrape_samples_post_metric_relabeling";

/** Whom Prometheus scrapes, with what each may cost. */
export function targets(): PanelBuilder {
  const by = (expr: string) => `max by (job, instance, worker) (${expr})`;
  return metricTable({
    title: "Targets",
    description:
      "Each target that Prometheus scrapes for us, and the share of the last hour's scrapes that it answered. Normal is yes and near 100 %, scrapes of milliseconds and samples far below what is planned; beyond that TTSScrapeSlow or TTSSeriesBudget open a ticket. A target that is down has an alert of its own.",
    noValue: "no target is configured",
    width: 24,
    height: 9,
    columns: [
      { title: "Job", label: "job", width: 105 },
      { title: "Target", label: "instance" },
      { title: "Worker", label: "worker", width: 105 },
      { title: "Up", query: by(`up${JOBS}`), width: 60, mappings: [YES_NO] },
      {
        title: "Answered, 1 h",
        query: by(`avg_over_time(up${JOBS}[1h])`),
        unit: "percentunit",
        decimals: 1,
        width: 120,
      },
      { title: "Scrape, mean 5 m", query: by(`avg_over_time(${SCRAPE}${JOBS}[5m])`), unit: "s", width: 140 },
      {
        title: "Of allowed time",
        query: by(ofTime()),
        unit: "percentunit",
        decimals: 0,
        width: 130,
        scale: SHARE,
      },
      { title: "Samples", query: by(`${SAMPLES}${JOBS}`), unit: "none", decimals: 0, width: 85 },
      {
        title: "Of planned samples",
        query: by(ofSamples()),
        unit: "percentunit",
        decimals: 0,
        width: 155,
        scale: SHARE,
      },
    ],
    sortBy: { title: "Up", descending: false },
  });
}

/** Of each target, against the limit of its job. */
export function ofTime(): string {
  return ofLimit((job) => `avg_over_time(${SCRAPE}{job="${job}"}[5m])`, THRESHOLDS.scrapeSeconds);
}

export function ofSamples(): string {
  return ofLimit((job) => `${SAMPLES}{job="${job}"}`, THRESHOLDS.samples);
}

function ofLimit(query: (job: string) => string, limits: { exporter: number; worker: number }): string {
  return Object.entries(limits)
    .map(([role, limit]) => `${query(`tts-${role}`)} / ${limit}`)
    .join(" or ");
}
