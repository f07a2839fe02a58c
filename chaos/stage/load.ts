import { setTimeout as sleep } from "node:timers/promises";
import type { Possible } from "../recording/entries.ts";
import type { Answer } from "../worker-process.ts";
import { createApiWorker } from "./api-worker.ts";
import { createRandom } from "./random.ts";
import type { Database, MakeCall } from "./stage.ts";
import { changeTexts, insertText } from "./texts.ts";
import type { OwnWorker } from "./workers.ts";

export interface LoadOptions {
  call: MakeCall;
  database: Database;
  workers: readonly OwnWorker[];
  /** URLs of the exporters' API */
  apis: readonly string[];
  token: string;
  seed: number;
}

export interface Load {
  /** newest last, decimal ids */
  recentTexts(): readonly string[];
  /** Ends it: asks for nothing more, and waits for what is under way. */
  stop(): Promise<void>;
}

/** ms between two texts, on average */
const PACE = 200;
const REPEATED_SHARE = 0.05;
const API_SHARE = 0.15;
const REMEMBERED = 100;
const MOST_AT_ONCE = 60;
const AUDIO_SIZE = 70_000;

/** People who send texts, now and then the same one again; most are spoken by workers, some over the HTTP API. */
export function startLoad(options: LoadOptions): Load {
  const { call, database, workers, seed } = options;
  const random = createRandom(seed);
  const recent: { id: string; content: string }[] = [];
  const apiWorkers = options.apis.map((url, index) =>
    createApiWorker({ ...options, url, name: `api-${index + 1}` }),
  );
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let number = 0;

  async function submit(): Promise<void> {
    const again = random.fraction() < REPEATED_SHARE && recent.length > 0;
    const content = again ? random.pick(recent).content : `chaos text ${seed}-${++number}`;
    const byApi = random.fraction() < API_SHARE;
    const [worker, api] = [random.pick(workers), random.pick(apiWorkers)];
    const id = await insertText(call, database, content);
    if (id === undefined) return;
    recent.push({ id, content });
    if (recent.length > REMEMBERED) recent.shift();
    const status = byApi ? await api.speak(id, content) : await speakWith(call, worker, id, content);
    if (status === "completed") await insertAudio(call, database, id);
  }

  const submitting = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(-Math.log(1 - random.fraction()) * PACE);
      if (running.size >= MOST_AT_ONCE) continue;
      const one = submit();
      running.add(one);
      void one.then(() => running.delete(one));
    }
  })();

  return {
    recentTexts: () => recent.map(({ id }) => id),
    async stop() {
      stopping.abort();
      await submitting;
      await Promise.all(running);
    },
  };
}

function insertAudio(call: MakeCall, database: Database, textId: string): Promise<unknown> {
  return changeTexts(call, database, "insert audio", [textId], {
    text:
      `insert into tts_audios (text_id, audio_url, filename, file_size) ` +
      `select id, '/audio', 'audio.wav', ${AUDIO_SIZE} from tts_texts where id = $1`,
    values: [textId],
  });
}

const MAY_CLAIM: Possible = { started: 1, completed: 1, failed: 1, timeout: 1 };
const MAY_RUN: Possible = { ...MAY_CLAIM, created: 1, deduplicated: 1 };

/** @returns the status in which the task ended, where that is certain */
async function speakWith(
  call: MakeCall,
  worker: OwnWorker,
  textId: string,
  content: string,
): Promise<string | undefined> {
  return call({ by: worker.name, call: "run", textId, may: MAY_RUN }, async () => {
    if (worker.talk === undefined) throw new Error("it has not been started");
    const answer = await worker.talk.speak({ textId, content });
    return { ...told(textId, answer), value: answer.status };
  });
}

/** What is certain of an answer of `run`. @throws where nothing is */
function told(textId: string, { taskId, status, error, message, existingTextId }: Answer) {
  const detail = error === undefined ? {} : { detail: `${error}: ${message}` };
  const known = taskId === undefined ? {} : { taskId };
  if (existingTextId === textId) return { did: { created: 1 }, still: MAY_CLAIM, ...detail };
  if (existingTextId !== undefined) return { did: { deduplicated: 1 }, ...detail };
  const end = error === "ProviderError" ? "failed" : status;
  if (end === undefined) throw new Error(detail.detail);
  return { did: { created: 1, started: 1, [end]: 1 }, ...known, status: end, ...detail };
}
