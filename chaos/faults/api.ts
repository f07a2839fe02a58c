import { ask } from "../stage/api.ts";
import type { Stage } from "../stage/stage.ts";
import { insist } from "./time.ts";

export interface ListedTask {
  task_id: string;
  text_id: number | string;
}

/**
 * The newest tasks of these statuses, from whichever exporter can tell.
 * @param statuses separated by commas
 * @throws where none can for 20 s
 */
export async function listTasks(stage: Stage, statuses: string): Promise<ListedTask[]> {
  const path = `/api/tasks?status=${statuses}&limit=100`;
  return insist(() =>
    Promise.any(
      stage.exporters.map(async (exporter) => {
        const { status, json } = await ask(stage, exporter, path);
        if (status !== 200) throw new Error(`${exporter.name} answers ${status}`);
        return json["tasks"] as ListedTask[];
      }),
    ),
  );
}
