import type { ServerResponse } from "node:http";
import { COMMENT } from "./frame.ts";

/** Times in ms. */
export interface Patience {
  /** between two comments to a client */
  comment: number;
  /** for how long a client may leave bytes unread */
  stalled: number;
}

export const PATIENCE: Patience = { comment: 10_000, stalled: 30_000 };

const LONGEST_BACKLOG = 64 * 1024;
// Of a comment's interval: how exactly it is kept.
const TICKS = 10;

/** What the pulse knows of a client. */
export interface Beating {
  response: ServerResponse;
  /** nothing more is to be said */
  over: boolean;
  commentedAt: number;
  /** since when bytes wait for the client to read; undefined: none do */
  stalledSince: number | undefined;
}

/** A time for a first comment that is not everybody else's: ten thousand must not be written to at once. */
export function firstComment(patience: Patience): number {
  return performance.now() - Math.random() * patience.comment;
}

/**
 * Writes comments to all these clients, by one timer, and destroys the connection of one that does not read.
 * @returns ends it
 */
export function startPulse(clients: () => Iterable<Beating>, patience: Patience): () => void {
  const timer = setInterval(() => {
    const now = performance.now();
    for (const client of clients()) beat(client, now, patience);
  }, patience.comment / TICKS);
  return () => clearInterval(timer);
}

function beat(client: Beating, now: number, patience: Patience): void {
  const { response } = client;
  const waiting = response.writableLength;
  if (waiting > 0) {
    client.stalledSince ??= now;
    if (waiting > LONGEST_BACKLOG || now - client.stalledSince > patience.stalled) response.destroy();
    return;
  }
  client.stalledSince = undefined;
  if (client.over || now - client.commentedAt < patience.comment) return;
  client.commentedAt = now;
  response.write(COMMENT);
}
