import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";
import { lasting } from "./time.ts";

export const SPOOL_FULL: Fault = {
  kind: "spool-full",
  lane: "breaking",
  seconds: 3,
  prepare(stage, random) {
    const workers = stage.workers.flatMap(({ name, link, spool }) =>
      link && spool ? [{ name, link, spool }] : [],
    );
    if (workers.length === 0) return undefined;
    const { name, link, spool } = random.pick(workers);
    // Below the heartbeat timeout, so that none of the results that wait in memory comes too late.
    const away = random.whole(1500, 2000);
    const afterwards = random.whole(300, 1000);
    return {
      targets: [name],
      detail: `away for ${away} ms`,
      async inject() {
        spool.fill();
        try {
          await lasting(
            away,
            () => link.cut(),
            () => link.heal(),
          );
          // The results go to the database while the disk still takes nothing.
          await sleep(afterwards);
        } finally {
          spool.makeRoom();
        }
      },
    };
  },
};
