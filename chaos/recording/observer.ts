import { setTimeout as sleep } from "node:timers/promises";
import type { TcpProxy } from "../../test/support/tcp-proxy.ts";
import type { Database, Part } from "../stage/stage.ts";
import { RECOUNT, TASK_ROWS } from "../stage/witness.ts";
import type { Alerts, Recount, TaskRow } from "./entries.ts";
import type { Recorder } from "./recorder.ts";

const SESSIONS_PACE = 200;
const RECOUNT_PACE = 1500;
const ALERTS_PACE = 1000;
const PATIENCE = 3000;
const ROWS_AT_ONCE = 500;

export interface ObserverOptions {
  recorder: Recorder;
  database: Database;
  prometheus: Part | undefined;
  /** of each part that holds connections now */
  links(): readonly (readonly [part: string, link: TcpProxy])[];
}

/** Counts sessions, recounts rows and asks for alerts, each at its pace; who does not answer is asked again later. */
export function startObserver(options: ObserverOptions): { stop(): Promise<void> } {
  const { recorder, database, prometheus, links } = options;
  const stopping = new AbortController();
  const again = async (pace: number, look: () => Promise<void> | void) => {
    while (!stopping.signal.aborted) {
      await sleep(pace);
      await Promise.resolve()
        .then(look)
        .catch(() => {});
    }
  };
  const observing = [
    again(SESSIONS_PACE, () =>
      recorder.write({
        type: "sessions",
        at: recorder.now(),
        open: Object.fromEntries(links().map(([part, link]) => [part, link.held])),
      }),
    ),
    again(RECOUNT_PACE, () => recount(recorder, database)),
    again(ALERTS_PACE, () => askForAlerts(recorder, prometheus?.url)),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(observing);
    },
  };
}

async function recount(recorder: Recorder, database: Database): Promise<void> {
  const begin = recorder.now();
  const [counted] = await database.sql(RECOUNT);
  const figures = counted as unknown as Omit<Recount, "type" | "begin" | "end">;
  recorder.write({ type: "recount", begin, end: recorder.now(), ...figures });
}

interface ApiAlert {
  labels: Record<string, string>;
  state: "pending" | "firing";
  activeAt: string;
}

async function askForAlerts(recorder: Recorder, prometheus: string | undefined): Promise<void> {
  if (prometheus === undefined) return;
  const response = await fetch(`${prometheus}/api/v1/alerts`, {
    signal: AbortSignal.timeout(PATIENCE),
    headers: { connection: "close" },
  });
  const { data } = (await response.json()) as { data: { alerts: ApiAlert[] } };
  const alerts: Alerts["alerts"] = data.alerts.map(({ labels, state, activeAt }) => ({
    name: labels["alertname"] ?? "",
    state,
    activeAt: Date.parse(activeAt) - recorder.startedAt,
    labels,
  }));
  recorder.write({ type: "alerts", at: recorder.now(), alerts });
}

/** Records every task there is or was. */
export async function recordRows(recorder: Recorder, database: Database): Promise<void> {
  let after = "0";
  for (;;) {
    const rows = await database.sql(TASK_ROWS, [after, ROWS_AT_ONCE]);
    const tasks = rows as unknown as TaskRow[];
    const last = tasks.at(-1);
    if (last === undefined) return;
    recorder.write({ type: "rows", at: recorder.now(), tasks });
    after = last.id;
  }
}
