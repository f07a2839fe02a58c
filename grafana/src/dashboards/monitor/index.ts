import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "../../dashboard.ts";
import { databasePanels } from "./database.ts";
import { exporterPanels } from "./exporter.ts";
import { glancePanels } from "./glance.ts";
import { prometheusPanels } from "./prometheus.ts";
import { truthPanels } from "./truth.ts";

export const monitorPage: Dashboard = dashboard({
  uid: "tts-monitor",
  title: "TTS Monitor health",
  description: "Is what I see true and fresh?",
  variables: {},
  sections: [
    { panels: glancePanels() },
    { title: "Fresh and true", panels: truthPanels() },
    { title: "The exporter's work", panels: exporterPanels() },
    { title: "The database", panels: databasePanels() },
    { title: "Prometheus and Alertmanager", panels: prometheusPanels() },
  ],
});
