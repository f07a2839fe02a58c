import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { whereToListen } from "../config/kinds.ts";
import { createListener } from "../db/listener.ts";
import { inTransaction, READ_ONLY_SNAPSHOT } from "../db/transaction.ts";
import { reasonOf } from "../domain/thrown.ts";
import { type Check, type DatabaseSight, ok, warn } from "./check.ts";

const CHANNEL = "tts_monitor_doctor";
const PATIENCE = 2000;
const HINT =
  "--database.listen-url: PostgreSQL's own address past the pooler, or `none` to look at intervals only (docs/pgbouncer.md)";

/** Does a session at the listen URL hear what the database notifies? */
export const notificationsCheck: Check<DatabaseSight> = {
  name: "notifications",
  async look({ config, url, pool }) {
    const where = whereToListen(config.database.listenUrl, url);
    if (where === undefined) return ok("not wanted: workers and streams look at intervals");
    const token = randomUUID();
    const heard = await listenFor(token, where, () =>
      inTransaction(pool, READ_ONLY_SNAPSHOT, (db) => db.query("select pg_notify($1, $2)", [CHANNEL, token])),
    );
    if (heard instanceof Error) return warn(`cannot listen: ${reasonOf(heard)}`, HINT);
    if (heard) return ok("heard where workers and streams listen");
    return warn("a pooler or another database keeps them from where workers and streams listen", HINT);
  },
};

/** @returns whether the token is heard in time; an error where nobody could listen */
async function listenFor(
  token: string,
  url: string,
  notify: () => Promise<unknown>,
): Promise<boolean | Error> {
  let settle: (heard: boolean | Error) => void = () => {};
  const settled = new Promise<boolean | Error>((resolve) => {
    settle = resolve;
  });
  const broken = (error: unknown) => settle(error instanceof Error ? error : new Error(String(error)));
  const listener = createListener({
    url,
    applicationName: "tts-monitor doctor",
    channels: [CHANNEL],
    onNotify: (_channel, payload) => {
      if (payload === token) settle(true);
    },
    // Not by the listening session itself: to that a pooler hands on what comes with its own statement's answer.
    onConnected: () =>
      void notify()
        .then(() => sleep(PATIENCE, undefined, { ref: false }))
        .then(() => settle(false), broken),
    onBroken: broken,
  });
  try {
    return await settled;
  } finally {
    await listener.close();
  }
}
