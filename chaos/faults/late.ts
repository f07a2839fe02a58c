import { ask, expectDone } from "../stage/api.ts";
import type { Part, Stage } from "../stage/stage.ts";
import { listTasks } from "./api.ts";
import type { Fault } from "./fault.ts";

const ENDINGS: Readonly<Record<string, object>> = {
  complete: { audio_url: "/audio/late.wav", filename: "late.wav", file_size: 70_000 },
  fail: { reason: "internal", error_message: "too late" },
  heartbeat: {},
};
// Pruned meanwhile; the database is away.
const EXPECTED = new Set([409, 404, 503]);

export const LATE_REPORTS: Fault = {
  kind: "late-reports",
  lane: "pressing",
  seconds: 2,
  prepare(stage, random) {
    const reports = Array.from({ length: random.whole(5, 15) }, () => ({
      which: random.fraction(),
      ending: random.pick(Object.keys(ENDINGS)),
      exporter: random.pick(stage.exporters),
    }));
    return {
      targets: [],
      detail: `${reports.length} reports`,
      async inject() {
        const tasks = await listTasks(stage, "completed,failed,timeout");
        for (const { which, ending, exporter } of reports) {
          const task = tasks[Math.floor(which * tasks.length)];
          if (task) await report(stage, exporter, task.task_id, ending);
        }
      },
    };
  },
};

function report(stage: Stage, exporter: Part, taskId: string, ending: string): Promise<unknown> {
  const path = `/api/tasks/${taskId}/${ending}`;
  return stage.call({ by: "api", call: `POST ${path}`, may: {} }, async () => {
    const reply = await ask(stage, exporter, path, ENDINGS[ending] ?? {});
    if (!EXPECTED.has(reply.status)) stage.problem(`${path}, of an ended task: ${JSON.stringify(reply)}`);
    expectDone(reply);
    return { did: {}, taskId, value: reply.status };
  });
}
