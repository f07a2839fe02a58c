import { relative } from "node:path";
import { counted } from "../domain/counted.ts";
import type { Folders } from "./context.ts";
import type { Exporter } from "./exporter.ts";
import type { Observers } from "./observers.ts";
import { MISSED } from "./retry.ts";
import type { DemoSettings } from "./settings.ts";
import type { SampleText } from "./texts.ts";
import type { Workers } from "./workers.ts";

export interface RunningDemo {
  settings: DemoSettings;
  folders: Folders;
  exporter: Exporter;
  workers: Workers;
  observers: Observers;
  texts: readonly SampleText[];
}

/** What runs, and where: the lines of one screen. */
export function header({ settings, folders, exporter, workers, observers, texts }: RunningDemo): string[] {
  const { fail, slow, hang, crash } = settings.fault;
  const shown = (path: string) => relative(".", path) || ".";
  const entries: [string, string][] = [
    [
      "database",
      settings.database.url ? "the given one" : `embedded PostgreSQL in ${shown(folders.postgres)}`,
    ],
    ["exporter", `${exporter.url}${settings.web.telemetryPath}`],
    ["API", `${exporter.url}/api/monitor/stats`],
    ["workers", workers.urls.map((url) => `${url}/metrics`).join(" ")],
    ["Prometheus", observers.prometheusUrl ?? "not installed"],
    ["Alertmanager", observers.alertmanagerUrl ?? "not installed"],
    ["failed tasks", `curl "${exporter.url}${MISSED}"`],
    [
      "a retry",
      `curl -X POST -H "Authorization: Bearer $(cat "${shown(exporter.token.path)}")" ${exporter.url}/api/task/retry/1`,
    ],
    ["audio", `${shown(folders.audio)} (the newest files)`],
    ["logs", shown(folders.logs)],
    [
      "faults",
      `${percent(fail)} fail, ${percent(slow)} slow, ${percent(hang)} hang, ${percent(crash)} crash`,
    ],
  ];
  return [
    "",
    `${counted(settings.workers, "worker")} ${settings.workers === 1 ? "speaks" : "speak"} ${counted(texts.length, "text")}, ${settings.rate} a second. Ctrl-C ends everything.`,
    ...entries.map(([name, value]) => `  ${name.padEnd(14)}${value}`),
    "",
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
