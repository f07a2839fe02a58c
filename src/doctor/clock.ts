import { ok, question, rowOf, warn } from "./check.ts";

const MOST_SECONDS = 1;

/** How far is the database's clock from this machine's? */
export const clockCheck = question("clock", async (db) => {
  const before = Date.now();
  const { now } = await rowOf<{ now: number }>(
    db,
    "select extract(epoch from clock_timestamp())::float8 * 1000 as now",
  );
  const after = Date.now();
  const ahead = (now - (before + after) / 2) / 1000;
  // Within the round trip nobody knows when the database looked at its clock.
  const surely = Math.abs(ahead) - (after - before) / 2000;
  const found = `the database's is ${Math.abs(ahead).toFixed(1)} s ${ahead < 0 ? "behind" : "ahead of"} this machine's`;
  if (surely <= MOST_SECONDS) return ok(found);
  return warn(
    found,
    "set both by NTP (`timedatectl set-ntp true`): rules that compare with Prometheus' time go wrong",
  );
});
