import { ask, expectDone } from "../stage/api.ts";
import type { Random } from "../stage/random.ts";
import type { Part, Stage } from "../stage/stage.ts";
import { listTasks } from "./api.ts";
import type { Fault, Prepared } from "./fault.ts";

const MOST = 20;
const ASKED_TWICE = 5;
const UNTIL_ITS_END = { started: 1, completed: 1, failed: 1, timeout: 1 };
const EXPECTED = new Set([202, 400, 404, 429, 503]);

export const RETRY_STORM: Fault = {
  kind: "retry-storm",
  lane: "pressing",
  seconds: 2,
  prepare(stage: Stage, random: Random): Prepared {
    const askers = Array.from({ length: MOST + ASKED_TWICE }, () => random.pick(stage.exporters));
    return {
      targets: [],
      detail: `up to ${MOST} texts, ${ASKED_TWICE} of them twice`,
      async inject() {
        const tasks = await listTasks(stage, "failed,timeout");
        const texts = [...new Set(tasks.map(({ text_id }) => String(text_id)))].slice(0, MOST);
        const asked = [...texts, ...texts.slice(0, ASKED_TWICE)];
        await Promise.all(
          asked.map((textId, index) => {
            const exporter = askers[index];
            return exporter && retry(stage, exporter, textId);
          }),
        );
      },
    };
  },
};

function retry(stage: Stage, exporter: Part, textId: string): Promise<unknown> {
  const call = `POST /api/task/retry/${textId}`;
  // Whichever worker is free takes it, sooner or later.
  return stage.call({ by: "api", call, textId, may: { created: 1, ...UNTIL_ITS_END } }, async () => {
    const reply = await ask(stage, exporter, `/api/task/retry/${textId}`, {});
    if (!EXPECTED.has(reply.status)) stage.problem(`${call} is answered ${JSON.stringify(reply)}`);
    expectDone(reply);
    const taskId = String(reply.json["task_id"]);
    return { did: { created: 1 }, still: UNTIL_ITS_END, taskId, status: "pending", value: taskId };
  });
}
