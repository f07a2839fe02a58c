import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "../../dashboard.ts";
import { exporterUrl, textBox } from "../../variables.ts";
import { act, inspect } from "./api.ts";
import { audios, itsWorkers, sameContent } from "./around.ts";
import { attempts, results } from "./attempts.ts";
import { aboutText } from "./text.ts";
import { transitions } from "./transitions.ts";

export const taskPage: Dashboard = dashboard({
  uid: "tts-task",
  title: "TTS Task detail",
  description: "What happened to one text, and what can be done about it?",
  variables: {
    text_id: textBox("text_id", "Text", "A text's number."),
    exporter: exporterUrl(),
  },
  sections: [
    { panels: [aboutText(), attempts(), results()] },
    { title: "What happened", panels: [transitions()] },
    { title: "What belongs to it", panels: [itsWorkers(), sameContent(), audios()] },
    { title: "What to do", panels: [inspect(), act()] },
  ],
});
