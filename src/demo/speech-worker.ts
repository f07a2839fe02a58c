import { createTaskMonitor, DuplicateTaskError, type TaskMonitorOptions } from "../index.ts";
import { openAppTables, shareAudio } from "./app-tables.ts";
import type { SpeechRequest, WorkerSettings } from "./messages.ts";
import { createSpeaker } from "./speaker.ts";
import { loadSpeechEngine } from "./speech-engine.ts";

const CONCURRENCY = 2;

export interface SpeechWorker {
  /** Speaks a text, unless another task does; never rejects. */
  request(request: SpeechRequest): Promise<void>;
  /** Takes retries, pending tasks that nobody has asked a certain worker for, until it is closed. */
  work(): Promise<void>;
  /** Lets what runs finish. */
  close(): Promise<void>;
  /** of the application's tables */
  pool: ReturnType<typeof openAppTables>;
}

/**
 * One worker of the TTS service, as soon as it takes requests.
 * @param timing what it does not leave to the environment
 * @throws as createTaskMonitor
 */
export async function startSpeechWorker(
  { databaseUrl, name, listen, audioDir, faults }: WorkerSettings,
  timing: Partial<TaskMonitorOptions> = {},
): Promise<SpeechWorker> {
  const engine = await loadSpeechEngine();
  // With the monitor's two, the worker holds three connections.
  const pool = openAppTables(databaseUrl);
  const speak = createSpeaker({ engine, pool, audioDir, faults });
  const monitor = await createTaskMonitor({
    databaseUrl,
    worker: name,
    concurrency: CONCURRENCY,
    listen,
    ...timing,
  });
  return {
    pool,
    async request({ textId, content }) {
      try {
        await monitor.run({ textId, content }, speak);
      } catch (error) {
        // Every other end stands in the database; this one leaves the text without an audio of its own.
        if (!(error instanceof DuplicateTaskError) || error.status !== "completed") return;
        await shareAudio(pool, error.existingTextId, textId).catch(() => {});
      }
    },
    work: () => monitor.work(speak),
    async close() {
      await monitor.close();
      await pool.end();
    },
  };
}
