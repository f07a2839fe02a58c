import { createTaskMonitor, DuplicateTaskError } from "../index.ts";
import { openAppTables, shareAudio } from "./app-tables.ts";
import type { FromWorker, SpeechRequest, ToWorker, WorkerSettings } from "./messages.ts";
import { createSpeaker } from "./speaker.ts";
import { loadSpeechEngine } from "./speech-engine.ts";

// One worker of the TTS service. A load balancer would send it requests over HTTP; the supervisor does over IPC.
const CONCURRENCY = 2;

process.once("message", (message: ToWorker) => {
  if ("start" in message) void work(message.start);
});

async function work({ databaseUrl, name, listen, audioDir, faults }: WorkerSettings): Promise<void> {
  const engine = await loadSpeechEngine();
  // With the monitor's two, the worker holds three connections.
  const pool = openAppTables(databaseUrl);
  const speak = createSpeaker({ engine, pool, audioDir, faults });
  const monitor = await createTaskMonitor({ databaseUrl, worker: name, concurrency: CONCURRENCY, listen });

  async function request({ textId, content }: SpeechRequest): Promise<void> {
    try {
      await monitor.run({ textId, content }, speak);
    } catch (error) {
      // Every other end stands in the database; this one leaves the text without an audio of its own.
      if (!(error instanceof DuplicateTaskError) || error.status !== "completed") return;
      await shareAudio(pool, error.existingTextId, textId).catch(() => {});
    }
  }

  process.on("message", (message: ToWorker) => {
    if ("speak" in message) void request(message.speak);
  });
  process.once("SIGTERM", async () => {
    await monitor.close();
    await pool.end();
    process.exit(0);
  });
  process.send?.("ready" satisfies FromWorker);
  // Retries: pending tasks that nobody has asked a certain worker for.
  await monitor.work(speak);
}
