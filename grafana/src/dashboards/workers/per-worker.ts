import type { Dashboard } from "../../../../prometheus/src/sites.ts";
import { linkTo } from "../../links.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { type SeriesOptions, series } from "../../panels/series.ts";

export const NO_WORKER = "no chosen worker is scraped";
export const HALF = { width: 12, height: 8 } as const;

type Inherited = "title" | "description" | "unit" | "limits" | "decimals" | "max" | "softMax";

interface LineOptions extends Pick<SeriesOptions, Inherited> {
  /** a series a worker */
  expr: string;
  /** where a click on a worker's point leads: by default to its own page */
  to?: Dashboard;
}

const CLICKED = { worker: "${__field.labels.worker}" };
const ALONE: Dashboard = ["tts-workers", CLICKED];
export const FAILED_TASKS: Dashboard = ["tts-tasks", { ...CLICKED, status: "failed" }];

/** A line a worker, which has its colour everywhere. */
export function linePerWorker({ expr, to = ALONE, ...options }: LineOptions): PanelBuilder {
  return series({
    ...HALF,
    ...options,
    noValue: NO_WORKER,
    queries: [{ expr, legend: "{{worker}}" }],
    min: 0,
    colourByName: true,
    pointLink: linkTo(to === ALONE ? "This worker alone" : "Its failed tasks", to),
  });
}
