import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "../../dashboard.ts";
import { choiceOfRows, textBox, workerOfRows } from "../../variables.ts";
import { ages, oldest } from "./alive.ts";
import { matchingTasks } from "./rows.ts";
import { failuresByReason, failuresOverTime, retries, timeoutsByWorker } from "./wrong.ts";

/** As the page names them: `stuck` is a task that lives and hangs. */
const STATUSES = ["stuck", "timeout", "failed", "processing", "pending", "completed"] as const;

/** Those of src/domain/reason.ts, from which nothing here may be imported. */
const REASONS = [
  "provider_error",
  "provider_throttled",
  "provider_timeout",
  "invalid_input",
  "invalid_audio",
  "storage_error",
  "internal",
  "other",
  "deadline_exceeded",
  "worker_lost",
] as const;

export const tasksPage: Dashboard = dashboard({
  uid: "tts-tasks",
  title: "TTS Tasks",
  description: "Which tasks hang or went wrong, where, and why?",
  variables: {
    status: choiceOfRows("status", "Status", STATUSES),
    worker: workerOfRows(),
    reason: choiceOfRows("reason", "Reason", REASONS),
    text_id: textBox("text_id", "Text", "A text's number; empty for all."),
  },
  sections: [
    { panels: [matchingTasks()] },
    {
      title: "What went wrong in this time",
      panels: [failuresOverTime(), failuresByReason(), timeoutsByWorker(), retries()],
    },
    { title: "What is alive now", panels: [ages(), oldest()] },
  ],
});
