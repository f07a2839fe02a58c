import type { FromWorker, ToWorker, WorkerSettings } from "./messages.ts";
import { startSpeechWorker } from "./speech-worker.ts";

// One worker of the TTS service. A load balancer would send it requests over HTTP; the supervisor does over IPC.
process.once("message", (message: ToWorker) => {
  if ("start" in message) void work(message.start);
});

async function work(settings: WorkerSettings): Promise<void> {
  const worker = await startSpeechWorker(settings);
  process.on("message", (message: ToWorker) => {
    if ("speak" in message) void worker.request(message.speak);
  });
  process.once("SIGTERM", async () => {
    await worker.close();
    process.exit(0);
  });
  process.send?.("ready" satisfies FromWorker);
  await worker.work();
}
