const cleanups = new Set<() => void>();

/** The newest first: a disk is taken out of a folder before the folder goes. */
function cleanUp(): void {
  const all = [...cleanups].reverse();
  cleanups.clear();
  for (const cleanup of all) {
    try {
      cleanup();
    } catch (error) {
      // The others must have their turn.
      process.stderr.write(`${String(error)}\n`);
    }
  }
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
