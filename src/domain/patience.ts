/**
 * ms that a heartbeat waits for its answer: on a connection that went dead in silence it must not wait until the worker
 * is lost over it.
 */
export function beatPatience(heartbeatTimeout: number): number {
  return Math.min(4500, Math.max(1000, heartbeatTimeout / 3));
}

/**
 * ms that a worker's statement may wait for a lock at most: less than a heartbeat waits. One whose client has given up goes on
 * waiting in the server, and its session with it, beside the one that takes its place.
 */
export function lockPatience(heartbeatTimeout: number): number {
  return 0.7 * beatPatience(heartbeatTimeout);
}
