import { workersCollector } from "../collectors/workers.ts";
import { inWords, ok, question, warn } from "./check.ts";

/** Is each worker heard from that has registered? */
export const workersCheck = question("workers", async (db) => {
  const workers = await workersCollector.read(db);
  if (workers.length === 0) return ok("none has registered");
  const lost = workers.filter(({ state }) => state === "lost");
  if (lost.length === 0) return ok(`${workers.length} heard from`);
  return warn(
    `lost: ${inWords(lost.map(({ worker, heartbeatAge }) => `${worker} (silent for ${Math.round(heartbeatAge)} s)`))}`,
    "start it again under its name; `tts-monitor prune --retention.workers 0s` takes those off that are gone for good",
  );
});
