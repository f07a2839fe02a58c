import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import type { Entry } from "./entries.ts";

/** The entries of a recording, one after the other: a whole run does not fit into memory. */
export async function* readRecording(file: string): AsyncGenerator<Entry> {
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) yield JSON.parse(line) as Entry;
}
