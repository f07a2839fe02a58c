import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { POSTGRES } from "./parts.ts";
import { alterSystem } from "./server-settings.ts";
import { insist, lasting, long, short, untilItAnswers } from "./time.ts";

// ms; longer than it is from one scrape to the next, so that one falls into it.
const SEEN = [500, 1000] as const;

export const DATABASE_CRASH: Fault = {
  kind: "database-crash",
  lane: "breaking",
  seconds: 1,
  prepare(stage, random) {
    const ms = random.whole(...SEEN);
    return { targets: POSTGRES, detail: `${ms} ms`, inject: () => away(stage, "immediate", ms) };
  },
};

export const DATABASE_RESTART: Fault = {
  kind: "database-restart",
  lane: "breaking",
  seconds: 1,
  prepare(stage, random) {
    const ms = random.whole(...SEEN);
    return { targets: POSTGRES, detail: `${ms} ms`, inject: () => away(stage, "fast", ms) };
  },
};

export const DATABASE_AWAY: Fault = {
  kind: "database-away",
  lane: "breaking",
  seconds: 5,
  prepare(stage, random) {
    const mode = random.pick(["immediate", "fast"] as const);
    const ms = long(stage, random);
    return { targets: POSTGRES, detail: `${mode}, ${ms} ms`, inject: () => away(stage, mode, ms) };
  },
};

async function away(stage: Stage, mode: "immediate" | "fast", ms: number): Promise<void> {
  await stage.database.stop(mode);
  try {
    await sleep(ms);
  } finally {
    await stage.database.restart();
    await untilItAnswers(stage);
  }
}

export const DATABASE_READ_ONLY: Fault = {
  kind: "database-read-only",
  lane: "breaking",
  seconds: 4,
  prepare(stage, random) {
    const ms = random.pick([short, (chance: typeof random) => long(stage, chance)])(random);
    return {
      targets: POSTGRES,
      detail: `${ms} ms`,
      inject: () =>
        lasting(
          ms,
          () => alterSystem(stage, "set default_transaction_read_only = on"),
          () => insist(() => alterSystem(stage, "reset default_transaction_read_only")),
        ),
    };
  },
};

export const FAILOVER: Fault = {
  kind: "failover",
  lane: "breaking",
  seconds: 3,
  prepare(stage, random) {
    const { database } = stage;
    if (!database.failOver) return undefined;
    const ms = random.whole(...SEEN);
    return {
      targets: POSTGRES,
      detail: `after ${ms} ms`,
      async inject() {
        if (!database.failOver) throw new Error("there is no standby any more");
        await database.stop("immediate");
        await sleep(ms);
        await database.failOver();
        await untilItAnswers(stage);
      },
    };
  },
};
