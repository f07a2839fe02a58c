import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { POSTGRES } from "./parts.ts";
import { untilItAnswers } from "./time.ts";

const AT_ONCE = 10;
const TOO_MANY = "53300";
const STRANGER = "chaos crowd";

export const CONNECTIONS_EXHAUSTED: Fault = {
  kind: "connections-exhausted",
  lane: "breaking",
  seconds: 3,
  prepare(stage, random) {
    // A worker that alone finds none for longer than its heartbeat timeout would be taken for lost, and rightly.
    const ms = random.whole(1000, 2000);
    return { targets: POSTGRES, detail: `${ms} ms`, inject: () => exhaust(stage, ms) };
  },
};

async function exhaust(stage: Stage, ms: number): Promise<void> {
  const { sql, role } = stage.database;
  const crowd: pg.Client[] = [];
  let full = false;
  const crowdIn = async () => {
    full = (await takeWhatIsLeft(stage, crowd)) || full;
  };
  try {
    await crowdIn();
    await sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and application_name <> $2",
      [role, STRANGER],
    );
    const deadline = performance.now() + ms;
    while (performance.now() < deadline) {
      await crowdIn();
      await sleep(50);
    }
  } finally {
    await Promise.all(crowd.map((client) => client.end().catch(() => {})));
  }
  if (!full) throw new Error(`${crowd.length} strangers were not too many`);
  await untilItAnswers(stage);
}

/** Takes whatever connection is left but those of the superuser. @returns false where something else was in the way */
async function takeWhatIsLeft({ database }: Stage, crowd: pg.Client[]): Promise<boolean> {
  for (;;) {
    const clients = Array.from({ length: AT_ONCE }, () => strangerTo(database.url));
    const outcomes = await Promise.allSettled(clients.map((client) => client.connect()));
    crowd.push(...clients.filter((_, index) => outcomes[index]?.status === "fulfilled"));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (refusals.length > 0) return refusals.some(({ code }) => code === TOO_MANY);
  }
}

function strangerTo(url: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: STRANGER,
    connectionTimeoutMillis: 3000,
  });
  client.on("error", () => {});
  return client;
}
