import { isMainThread } from "node:worker_threads";

// Loaded into every process that the supervisor starts, threads included: the process ends as on SIGTERM when
// the other end of its IPC channel is gone, however the supervisor went, and for certain a few seconds later.
const PATIENCE_MS = 8000;

if (isMainThread) {
  if (process.connected) process.once("disconnect", endThisProcess);
  // Gone while we were loaded.
  else endThisProcess();
  // Listening must not keep a process alive that has nothing else to do.
  process.channel?.unref();
}

function endThisProcess(): void {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), PATIENCE_MS).unref();
  process.kill(process.pid, "SIGTERM");
}
