const cleanups = new Set<() => void>();

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

process.once("exit", cleanUp);
// By default these end a process without its "exit" event: after a Ctrl-C every server and folder would stay.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    cleanUp();
    // Now without a listener of ours. Not process.exit: vitest's workers throw from it.
    process.kill(process.pid, signal);
  });
}

/** Runs `cleanup`, which cannot wait for anything, should this process end early. Returns how to take that back. */
export function onAbruptEnd(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => void cleanups.delete(cleanup);
}
