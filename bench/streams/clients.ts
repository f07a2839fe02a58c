import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { openStream } from "../support/stream-client.ts";

const AT_ONCE = 200;
// What this process and the exporter open besides.
const OTHER_FILES = 500;

/** How many clients both this process and the exporter may have open files for. */
export function mostClients(): number {
  const [, limit] =
    /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit) - OTHER_FILES;
}

/** When each event reached its client, by `keyOf`. */
export type Arrivals = Map<string, number>;

export function keyOf(textId: number, event: string): string {
  return `${textId} ${event}`;
}

/** A client for each text. */
export async function openClients(
  port: number,
  texts: readonly number[],
  arrivals: Arrivals,
): Promise<Socket[]> {
  const clients: Socket[] = [];
  for (let first = 0; first < texts.length; first += AT_ONCE) {
    const opened = texts
      .slice(first, first + AT_ONCE)
      .map((textId) =>
        openStream(port, textId, (event) => arrivals.set(keyOf(textId, event), performance.now())),
      );
    clients.push(...(await Promise.all(opened)));
  }
  return clients;
}
