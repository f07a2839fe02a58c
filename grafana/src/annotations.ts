import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { type AnnotationQuery, AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { BAD, GOOD, NEUTRAL } from "./colours.ts";
import { PROMETHEUS } from "./datasources.ts";

interface Event {
  name: string;
  colour: string;
  expr: string;
  title: string;
  text: string;
  /** the value is the event's time, in milliseconds */
  atValue?: boolean;
}

/** What runs now and did not five minutes before; 1, for Grafana takes nothing else for true. */
const NEW_VERSIONS = `group by (version) (tts_monitor_build_info or tts_worker_info)
  unless group by (version) (tts_monitor_build_info offset 5m or tts_worker_info offset 5m)`;

const EVENTS: readonly Event[] = [
  {
    name: "Alerts firing",
    colour: BAD,
    expr: 'max by (alertname, severity) (ALERTS{alertstate="firing", service="tts", alertname!="TTSWatchdog"})',
    title: "{{alertname}}",
    text: "{{severity}}",
  },
  {
    name: "Worker starts",
    colour: GOOD,
    expr: "worker:process_start_time_seconds:max * 1000",
    title: "{{worker}} started",
    text: "",
    atValue: true,
  },
  { name: "New versions", colour: NEUTRAL, expr: NEW_VERSIONS, title: "version {{version}}", text: "" },
];

/** What explains a bend in a line. */
export function annotations(): Builder<AnnotationQuery>[] {
  return EVENTS.map(({ name, colour, expr, title, text, atValue = false }) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(PROMETHEUS)
      .enable(true)
      .iconColor(colour)
      .expr(expr)
      .titleFormat(title)
      .textFormat(text)
      .useValueForTime(atValue),
  );
}
