import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "../../dashboard.ts";
import { workerOfMetrics } from "../../variables.ts";
import { errorPanels } from "./errors.ts";
import { saturationPanels } from "./saturation.ts";
import { statePanels } from "./state.ts";
import { utilisationPanels } from "./utilisation.ts";

/** USE: https://www.brendangregg.com/usemethod.html */
export const workersPage: Dashboard = dashboard({
  uid: "tts-workers",
  title: "TTS Workers",
  description:
    "Does each worker live, how much of it is in use, what does it wait for, and what goes wrong in it?",
  variables: { worker: workerOfMetrics() },
  sections: [
    { title: "State", panels: statePanels() },
    { title: "Utilisation", panels: utilisationPanels() },
    { title: "Saturation", panels: saturationPanels() },
    { title: "Errors", panels: errorPanels() },
  ],
});
