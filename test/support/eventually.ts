import { setTimeout as sleep } from "node:timers/promises";

type Present<T> = NonNullable<Exclude<T, false>>;

/**
 * Polls until `condition` returns something other than false, null or undefined, and returns that; what it throws
 * counts as "not yet". Fails with `claim` and the last answer after `withinMs`, or as soon as `hopeless` says why
 * there is no use in waiting.
 */
export async function eventually<T>(
  claim: string,
  condition: () => T | Promise<T>,
  withinMs = 10_000,
  hopeless: () => string | undefined = () => undefined,
): Promise<Present<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    // Asked before the condition: the last words of what has just ended may fulfil it.
    const reason = hopeless() ?? (performance.now() > deadline ? `not within ${withinMs} ms` : undefined);
    let last: unknown;
    try {
      const answer = await condition();
      if (answer !== false && answer !== null && answer !== undefined) return answer as Present<T>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (reason) throw new Error(`${claim}: ${reason}; last answer: ${String(last)}`, { cause: last });
    await sleep(25);
  }
}
