import type { Part } from "../stage/stage.ts";

/** They keep their process in a whole run, so that its memory can be followed. */
const KEPT = new Set(["exporter-2", "worker-3"]);

/** What befalls every part, for all of them ask the database. */
export const POSTGRES = ["postgres"];

export function mayEnd({ name }: Part): boolean {
  return !KEPT.has(name);
}

/** Parts whose process may be asked for something that only its end would excuse. */
export function isKept(part: Part): boolean {
  return !mayEnd(part);
}
