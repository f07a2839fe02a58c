import { concurrencyCollector } from "../collectors/concurrency.ts";
import { counted } from "../domain/counted.ts";
import { ok, question, warn } from "./check.ts";

/** Does the global limit keep tasks waiting? */
export const limitCheck = question("global limit", async (db) => {
  const { global, inUse } = await concurrencyCollector.read(db);
  if (global === null) return ok(`none; ${counted(inUse, "task")} in processing`);
  const found = `${inUse} of ${global} tasks in processing`;
  if (inUse < global) return ok(found);
  return warn(
    `${found}: no other starts`,
    `\`tts-monitor limit --concurrency.global ${2 * Math.max(global, 1)}\` raises it, \`tts-monitor limit --unlimited\` removes it`,
  );
});
