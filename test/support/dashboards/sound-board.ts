import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

const PROMETHEUS = { type: "prometheus", uid: "${prometheus}" };
const POSTGRES = { type: "grafana-postgresql-datasource", uid: "${postgres}" };
const KEPT = "${__url_time_range}&${prometheus:queryparam}&${postgres:queryparam}";
const DESCRIPTION = "Normally below one second. Where it is more, read the runbook.";

type Patch = Readonly<Record<string, unknown>>;

const SERIES = {
  id: 1,
  type: "timeseries",
  title: "Event loop",
  description: DESCRIPTION,
  datasource: PROMETHEUS,
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  options: { legend: { showLegend: true } },
  fieldConfig: {
    defaults: {
      unit: "s",
      noValue: "no worker is scraped",
      thresholds: {
        mode: "absolute",
        steps: [
          { value: null, color: "green" },
          { value: 0.5, color: "red" },
        ],
      },
    },
    overrides: [],
  },
  targets: [
    {
      refId: "A",
      datasource: PROMETHEUS,
      expr: 'nodejs_eventloop_lag_p99_seconds{job="tts-worker", worker=~"$worker"}',
      legendFormat: "{{worker}}",
      range: true,
    },
  ],
};

const TABLE = {
  id: 2,
  type: "table",
  title: "Tasks",
  description: DESCRIPTION,
  datasource: POSTGRES,
  gridPos: { x: 12, y: 0, w: 12, h: 8 },
  options: { showHeader: true },
  fieldConfig: {
    defaults: { noValue: "no tasks" },
    overrides: [
      {
        matcher: { id: "byName", options: "Age" },
        properties: [
          { id: "unit", value: "s" },
          {
            id: "links",
            value: [{ title: "Task", url: `/d/tts-task?var-text_id=\${__data.fields.Text}&${KEPT}` }],
          },
        ],
      },
    ],
  },
  targets: [
    {
      refId: "A",
      datasource: POSTGRES,
      format: "table",
      rawSql: `select text_id as "Text", extract(epoch from now() - created_at) as "Age" from tts_monitor.tasks
        where $__timeFilter(created_at) and worker in (\${worker:sqlstring}) order by id limit 100`,
    },
  ],
};

const STAT = {
  id: 3,
  type: "stat",
  title: "Workers up",
  description: DESCRIPTION,
  datasource: PROMETHEUS,
  gridPos: { x: 0, y: 8, w: 4, h: 4 },
  options: { reduceOptions: { calcs: ["lastNotNull"] } },
  fieldConfig: { defaults: { unit: "short", noValue: "none" }, overrides: [] },
  targets: [
    { refId: "A", datasource: PROMETHEUS, expr: "tts:workers_up:sum", legendFormat: "up", instant: true },
  ],
};

const annotation = (name: string, expr: string) => ({
  name,
  datasource: PROMETHEUS,
  enable: true,
  iconColor: "red",
  expr,
  titleFormat: "",
});

/** A small dashboard in which no lint finds anything: what a bad example then changes is what is found. */
const SOUND = {
  uid: "tts-workers",
  title: "Workers",
  description: "How are the workers?",
  tags: ["tts"],
  timezone: "browser",
  editable: false,
  graphTooltip: 1,
  time: { from: "now-6h", to: "now" },
  refresh: "30s",
  schemaVersion: 39,
  links: [
    {
      type: "dashboards",
      title: "Dashboards",
      tags: ["tts"],
      asDropdown: true,
      keepTime: true,
      includeVars: true,
    },
  ],
  templating: {
    list: [
      { type: "datasource", name: "prometheus", label: "Prometheus", query: "prometheus" },
      { type: "datasource", name: "postgres", label: "PostgreSQL", query: "grafana-postgresql-datasource" },
      {
        type: "query",
        name: "worker",
        label: "Worker",
        datasource: PROMETHEUS,
        query: { query: "label_values(tts_db_worker_heartbeat_age_seconds, worker)", refId: "worker" },
        refresh: 2,
        multi: true,
        includeAll: true,
      },
      { type: "constant", name: "exporter", label: "Exporter", query: "http://localhost:9560", hide: 2 },
    ],
  },
  annotations: {
    list: [
      annotation("Alerts", 'max by (alertname) (ALERTS{alertstate="firing", service="tts"})'),
      annotation("Starts", "worker:process_start_time_seconds:max * 1000"),
      annotation("Versions", "group by (version) (tts_monitor_build_info or tts_worker_info)"),
    ],
  },
  panels: [
    SERIES,
    TABLE,
    STAT,
    {
      id: 4,
      type: "text",
      title: "How to ask",
      description: DESCRIPTION,
      gridPos: { x: 4, y: 8, w: 8, h: 4 },
      options: { mode: "markdown", content: "curl ${exporter}/api/tasks" },
    },
  ],
};

/** The sound dashboard with some of its fields replaced; undefined takes one away. */
export function board(patch: Patch = {}): Dashboard {
  return JSON.parse(JSON.stringify({ ...SOUND, ...patch }));
}

/** … with one panel more. */
export function boardWith(patch: Patch): Dashboard {
  const panel = { ...STAT, id: 5, title: "More", gridPos: { x: 12, y: 8, w: 4, h: 4 }, ...patch };
  return board({ panels: [...SOUND.panels, panel] });
}

/** … with fields of its time series replaced. */
export function series(patch: Patch): Dashboard {
  return board({ panels: [{ ...SERIES, ...patch }, ...SOUND.panels.slice(1)] });
}

/** … with its time series' fields as they are shown replaced. */
export function shown(defaults: Patch, overrides: unknown[] = []): Dashboard {
  return series({ fieldConfig: { defaults: { ...SERIES.fieldConfig.defaults, ...defaults }, overrides } });
}

/** … with another query under the time series. */
export function query(expr: string, target: Patch = {}): Dashboard {
  return series({ targets: [{ ...SERIES.targets[0], expr, ...target }] });
}

/** … with fields of its table replaced. */
export function table(patch: Patch): Dashboard {
  return board({ panels: [SERIES, { ...TABLE, ...patch }, ...SOUND.panels.slice(2)] });
}

/** … with another query under the table. */
export function sql(rawSql: string): Dashboard {
  return table({ targets: [{ ...TABLE.targets[0], rawSql }] });
}

/** … with a link on the time series. */
export function link(url: string): Dashboard {
  return series({ links: [{ title: "There", url }] });
}

/** … with fields of one of its variables replaced. */
export function variable(name: string, patch: Patch): Dashboard {
  const list = SOUND.templating.list.map((one) => (one.name === name ? { ...one, ...patch } : one));
  return board({ templating: { list } });
}

/** … with one annotation in place of another. */
export function annotated(index: number, expr: string, patch: Patch = {}): Dashboard {
  const { list } = SOUND.annotations;
  return board({ annotations: { list: list.with(index, { ...annotation("Other", expr), ...patch }) } });
}
