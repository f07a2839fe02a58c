/** Where the links of an alert lead. Yours differ: change them and run `npm run generate`. */
export const GRAFANA_URL = "http://localhost:3000";
/** The API, for the commands that pages show. */
export const EXPORTER_URL = "http://localhost:9560";
/** Best a place that outlives the monitor: a forge, a wiki. */
export const RUNBOOKS_URL = "https://github.com/tts-monitor/tts-monitor/blob/main/docs/runbooks";

/** The dashboards by their uid, with the variables that a link may set. */
export const DASHBOARDS = {
  "tts-overview": ["worker"],
  "tts-tasks": ["status", "worker", "reason", "text_id"],
  "tts-task": ["text_id"],
  "tts-workers": ["worker"],
  "tts-slo": ["slo"],
  "tts-monitor": [],
} as const satisfies Record<string, readonly string[]>;

type Uid = keyof typeof DASHBOARDS;

/** A dashboard, alone or with some of its variables set; a value may be a template of Prometheus. */
export type Dashboard = {
  [U in Uid]: readonly [
    uid: U,
    variables?: Readonly<Partial<Record<(typeof DASHBOARDS)[U][number], string>>>,
  ];
}[Uid];

export function dashboardUrl(dashboard: Dashboard): string {
  return GRAFANA_URL + dashboardPath(dashboard);
}

export function dashboardPath([uid, variables = {}]: Dashboard): string {
  const query = Object.entries(variables).map(([name, value]) => `var-${name}=${value}`);
  return [`/d/${uid}`, query.join("&")].filter(Boolean).join("?");
}
