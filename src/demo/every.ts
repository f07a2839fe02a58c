/** Does the work at intervals, and again where it failed; returns how to stop. */
export function every(milliseconds: number, work: () => Promise<unknown>): () => void {
  const timer = setInterval(() => void work().catch(() => {}), milliseconds);
  return () => clearInterval(timer);
}
