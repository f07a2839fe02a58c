import { setTimeout as sleep } from "node:timers/promises";
import { withClient } from "../../src/db/connect.ts";
import { pruneTasks } from "../../src/db/prune-store.ts";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { insist } from "./time.ts";

const RETENTION = 10_000;

export const PRUNE: Fault = {
  kind: "prune",
  lane: "pressing",
  seconds: 2,
  prepare(stage, random) {
    const batches = Array.from({ length: random.whole(3, 8) }, () => random.whole(5, 40));
    return {
      targets: [],
      detail: `batches of ${batches.join(", ")}`,
      async inject() {
        for (const size of batches) {
          // Another fault may have taken the database or the right away.
          await insist(() => pruneAsExporters(stage, size));
          await sleep(200);
        }
      },
    };
  },
};

/** As their role: pruning is their job. */
function pruneAsExporters({ database }: Stage, size: number): Promise<unknown> {
  return withClient(database.url, "chaos prune", async (client) => {
    await client.query("set statement_timeout = '5s'");
    return pruneTasks(client, RETENTION, size);
  });
}
