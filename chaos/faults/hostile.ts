import { setTimeout as sleep } from "node:timers/promises";
import { ask, expectDone } from "../stage/api.ts";
import { type Part, Refused, type Stage } from "../stage/stage.ts";
import { insertText } from "../stage/texts.ts";

import type { Fault } from "./fault.ts";
import { goodText, hostileTexts, QUESTIONS, REFUSED } from "./hostile-strings.ts";

const WORKER = "api-9";
const ATTEMPTS = 12;

export const HOSTILE_STRINGS: Fault = {
  kind: "hostile-strings",
  lane: "pressing",
  seconds: 4,
  prepare(stage, random) {
    const exporter = random.pick(stage.exporters);
    const salt = random.fraction();
    const spoken = random.shuffle(hostileTexts(stage.userMark)).slice(0, 3);
    return {
      targets: [],
      detail: JSON.stringify(spoken),
      async inject() {
        for (const body of REFUSED) await expectRefusal(stage, exporter, body);
        for (const question of QUESTIONS) await askFor(stage, exporter, question);
        await Promise.all(spoken.map((text) => speak(stage, exporter, `${text} ${salt}`)));
      },
    };
  },
};

/** Whatever it would do if it were taken is more than it may do. */
function expectRefusal(stage: Stage, exporter: Part, body: object): Promise<unknown> {
  return stage.call({ by: "api", call: "POST /api/tasks", may: {} }, async () => {
    const reply = await ask(stage, exporter, "/api/tasks", body);
    if (reply.status !== 400) stage.problem(`${JSON.stringify(body)} is answered ${JSON.stringify(reply)}`);
    throw new Refused(String(reply.status));
  });
}

async function askFor(stage: Stage, exporter: Part, path: string): Promise<void> {
  // An exporter that does not answer has another fault's excuse.
  const reply = await ask(stage, exporter, path).catch(() => undefined);
  if (reply && ![200, 400, 404, 503].includes(reply.status)) {
    stage.problem(`${path} is answered ${JSON.stringify(reply)}`);
  }
}

/** A task whose every field is hostile, from the text to the end. */
async function speak(stage: Stage, exporter: Part, content: string): Promise<void> {
  const textId = await insertText(stage.call, stage.database, content);
  if (textId === undefined) return;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const taskId = await start(stage, exporter, textId, content);
    if (taskId !== undefined) return end(stage, exporter, taskId, content);
    // The others have all slots.
    await sleep(250);
  }
}

function start(stage: Stage, exporter: Part, textId: string, content: string): Promise<string | undefined> {
  const may = { created: 1, started: 1, deduplicated: 1, timeout: 1 };
  return stage.call({ by: "api", call: "POST /api/tasks", textId, may }, async () => {
    const reply = await ask(stage, exporter, "/api/tasks", { text_id: textId, content, worker: WORKER });
    expectDone(reply);
    if (reply.status === 200) return { did: { deduplicated: 1 }, value: undefined };
    const taskId = String(reply.json["task_id"]);
    return { did: { created: 1, started: 1 }, still: { timeout: 1 }, taskId, value: taskId };
  });
}

async function end(stage: Stage, exporter: Part, taskId: string, text: string): Promise<void> {
  const fails = BigInt(taskId) % 2n === 0n;
  const path = `/api/tasks/${taskId}/${fails ? "fail" : "complete"}`;
  const body = fails ? { reason: text, error_message: text } : goodText(text);
  await stage.call({ by: "api", call: `POST ${path}`, may: { completed: 1, failed: 1 } }, async () => {
    const reply = await ask(stage, exporter, path, body);
    if (reply.status === 400) stage.problem(`${JSON.stringify(body)} is answered ${JSON.stringify(reply)}`);
    expectDone(reply);
    const status = String(reply.json["status"]);
    return { did: { [status]: 1 }, taskId, status, value: status };
  });
}
