import { setTimeout as sleep } from "node:timers/promises";
import { ask, expectDone, type Reply } from "./api.ts";
import { fateOf } from "./fate.ts";
import type { MakeCall } from "./stage.ts";

export interface ApiWorker {
  /** Has the text spoken over the exporter's API. @returns the status in which its task ended, where that is certain */
  speak(textId: string, content: string): Promise<string | undefined>;
}

export interface ApiWorkerOptions {
  call: MakeCall;
  /** http://host:port of the exporter */
  url: string;
  token: string;
  name: string;
  seed: number;
}

interface OpenTask {
  taskId: string;
  /** Records that nobody but this worker has ended it. */
  close(): void;
}

const MAY_START = { created: 1, started: 1, deduplicated: 1 };

/** A worker in another language: it has no library, and says by HTTP what it does. */
export function createApiWorker({ call, url, token, name, seed }: ApiWorkerOptions): ApiWorker {
  async function post(path: string, body: object): Promise<Reply> {
    const reply = await ask({ token }, { url }, path, body);
    expectDone(reply);
    return reply;
  }

  async function start(textId: string, content: string): Promise<OpenTask | undefined> {
    return call<OpenTask | undefined>(
      { by: name, call: "POST /api/tasks", textId, may: MAY_START },
      async (amend) => {
        const { status, json } = await post("/api/tasks", { text_id: textId, content, worker: name });
        const taskId = String(json["task_id"]);
        if (status === 200) return { did: { deduplicated: 1 }, value: undefined };
        const did = { created: 1, started: 1 };
        // As long as this worker does not end it, the sweeper may.
        return { did, still: { timeout: 1 }, taskId, value: { taskId, close: () => amend({ did, taskId }) } };
      },
    );
  }

  return {
    async speak(textId, content) {
      const task = await start(textId, content);
      if (task === undefined) return undefined;
      const { taskId } = task;
      const fate = fateOf(seed, BigInt(taskId));
      if (fate.kind === "hangs") return undefined;
      await sleep(fate.milliseconds);
      const fails = fate.kind === "fails";
      const path = `/api/tasks/${taskId}/${fails ? "fail" : "complete"}`;
      const file_size = fate.kind === "mumbles" ? 4999 : 70_000;
      const body = fails
        ? { reason: fate.reason, error_message: "429 from the provider" }
        : { audio_url: `/audio/${textId}.wav`, filename: `${textId}.wav`, file_size };
      const may = fails ? { failed: 1 } : { completed: 1, failed: 1 };
      const status = await call({ by: name, call: `POST ${path}`, textId, may }, async () => {
        const { json } = await post(path, body);
        const status = String(json["status"]);
        return { did: { [status]: 1 }, taskId, status, value: status };
      });
      if (status !== undefined) task.close();
      return status;
    },
  };
}
