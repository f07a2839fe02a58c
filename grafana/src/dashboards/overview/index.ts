import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "../../dashboard.ts";
import { workerOfMetrics } from "../../variables.ts";
import { firingAlerts } from "./alerts.ts";
import { capacity } from "./capacity.ts";
import { health } from "./health.ts";
import { tasks } from "./tasks.ts";
import { texts } from "./texts.ts";
import { workers } from "./workers.ts";

export const overviewPage: Dashboard = dashboard({
  uid: "tts-overview",
  title: "TTS Overview",
  description: "Is it fine now, and if not, where?",
  variables: { worker: workerOfMetrics() },
  sections: [
    { panels: [...health(), firingAlerts()] },
    { title: "Tasks", panels: tasks() },
    { title: "Capacity", panels: [...capacity(), workers()] },
    { title: "Texts", panels: texts() },
  ],
});
