import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";

const PATIENCE_MS = 30_000;

/**
 * Waits until the address answers with a 2xx. Returns undefined then, and else what is wrong when the patience is
 * over, or the child or the demo has ended.
 */
export async function untilReady(url: string, child: Child, stop: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + PATIENCE_MS;
  let trouble = "it does not answer";
  let ended = false;
  void child.ended.then((how) => {
    ended = true;
    trouble = how;
  });
  while (!ended && !stop.aborted && performance.now() < deadline) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      const body = await response.text();
      if (response.ok) return undefined;
      trouble = body;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  return trouble;
}
