import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";

/** The uids of grafana/provisioning/datasources. */
export const PROMETHEUS_UID = "tts-prometheus";
export const POSTGRES_UID = "tts-postgres";
export const ALERTMANAGER_UID = "tts-alertmanager";

export const PROMETHEUS_TYPE = "prometheus";
export const POSTGRES_TYPE = "grafana-postgresql-datasource";

/** What panels ask: the choice of the page's variable, so that one page serves several installations. */
export const PROMETHEUS: DataSourceRef = { type: PROMETHEUS_TYPE, uid: "${prometheus}" };
export const POSTGRES: DataSourceRef = { type: POSTGRES_TYPE, uid: "${postgres}" };
