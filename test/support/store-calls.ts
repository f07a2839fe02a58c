import * as audit from "../../src/db/audit-store.ts";
import * as ending from "../../src/db/end-store.ts";
import * as forgotten from "../../src/db/forgotten-store.ts";
import * as knownText from "../../src/db/known-text.ts";
import * as ledger from "../../src/db/ledger.ts";
import type { Queryable } from "../../src/db/pool.ts";
import * as prune from "../../src/db/prune-store.ts";
import * as remoteWorkers from "../../src/db/remote-worker-store.ts";
import * as repair from "../../src/db/repair-store.ts";
import * as retries from "../../src/db/retry-store.ts";
import * as settings from "../../src/db/settings-store.ts";
import * as starting from "../../src/db/start-store.ts";
import * as submission from "../../src/db/submit-store.ts";
import * as sweep from "../../src/db/sweep-store.ts";
import * as taskList from "../../src/db/task-list.ts";
import * as reader from "../../src/db/task-reader.ts";
import { ALIVE } from "../../src/db/task-sql.ts";
import * as textList from "../../src/db/text-list.ts";
import * as watches from "../../src/db/watch-store.ts";
import * as workers from "../../src/db/worker-store.ts";
import { planRepair } from "../../src/domain/repair.ts";
import { COMPLETED, HOUR, hashOf, registration, takeSlot } from "./tasks.ts";

const STORES = {
  ...submission,
  ...starting,
  ...ending,
  ...reader,
  ...taskList,
  ...textList,
  ...workers,
  ...remoteWorkers,
  ...retries,
  ...knownText,
  ...sweep,
  ...ledger,
  ...settings,
  ...forgotten,
  ...prune,
  ...audit,
  ...repair,
  ...watches,
};

// A limit that is there, and lets everything start.
const MANY = 1_000_000;

type StoreFunction = keyof typeof STORES;

/** Names of all functions of the stores. */
export const STORE_FUNCTIONS = Object.keys(STORES).sort();

/**
 * Calls every function of the stores once, in an order in which they have something to do.
 * @param announce told the name of each that comes next
 * @returns their names
 */
export async function callEveryStoreFunction(
  db: Queryable,
  announce: (name: string) => void = () => {},
): Promise<string[]> {
  const slot = await takeSlot(db);
  const task = (hash: number) => ({ textId: 1n, contentHash: hashOf(hash), slot, dedupWindow: HOUR });
  const retry = async (hash: number) => {
    await db.query("insert into tts_monitor.tasks (text_id, content_hash) values (1, $1)", [hashOf(hash)]);
  };
  let [pending, started, remoteTask] = [0n, 0n, 0n];
  let remote: workers.Slot | undefined;
  // A Record, so that the types miss a function that is added to the stores.
  const calls: Record<StoreFunction, () => Promise<unknown>> = {
    registerWorker: () => takeSlot(db, "worker-2"),
    writeSharedSettings: () =>
      settings.writeSharedSettings(db, { concurrencyGlobal: MANY, sloLatency: 60_000 }),
    readInstallation: () => settings.readInstallation(db),
    beat: () => workers.beat(db, { ...registration(), ...slot }),
    recordSlotConflict: () => workers.recordSlotConflict(db),
    noteAnswer: () => sweep.noteAnswer(db),
    readScrapeTargets: () => workers.readScrapeTargets(db),
    insertPending: async () => {
      pending = (await submission.insertPending(db, task(1))) ?? 0n;
    },
    findByContent: () => submission.findByContent(db, hashOf(1), HOUR),
    followLeader: () => submission.followLeader(db, 2n, hashOf(1), HOUR),
    follow: () => submission.follow(db, 3n, pending),
    queueForStart: () => starting.queueForStart(db, pending, slot),
    start: () => starting.start(db, pending, slot, HOUR),
    readStarted: () => starting.readStarted(db, pending, slot),
    end: () => ending.end(db, pending, COMPLETED),
    readEndedAs: () => ending.readEndedAs(db, pending, COMPLETED),
    readEnded: () => ending.readEnded(db, [pending]),
    recordLate: () => ending.recordLate(db, pending),
    readTask: () => reader.readTask(db, pending),
    readTasksOf: () => reader.readTasksOf(db, slot, [pending]),
    readTaskOfText: () => reader.readTaskOfText(db, 2n),
    readTaskAsOfText: () => reader.readTaskAsOfText(db, pending, 2n),
    readChangedTasks: () => reader.readChangedTasks(db, [{ taskId: pending, status: undefined }]),
    renewWatches: () => watches.renewWatches(db, [pending], HOUR),
    readTaskPage: () => taskList.readTaskPage(db, { statuses: [] }, 1),
    readTextPage: () => textList.readTextPage(db, { taskStatuses: ["failed"], part: "a", order: "desc" }, 1),
    insertStarted: async () => {
      started = (await starting.insertStarted(db, task(2), 1)) ?? 0n;
    },
    sweepOverdue: async () => {
      await db.query("update tts_monitor.tasks set deadline_at = started_at where id = $1", [started]);
      return sweep.sweepOverdue(db, 10);
    },
    adoptPending: async () => {
      await retry(3);
      return submission.adoptPending(db, hashOf(3), slot);
    },
    startPendingOfContent: async () => {
      await retry(4);
      return starting.startPendingOfContent(db, hashOf(4), slot, HOUR);
    },
    claimOldest: async () => {
      await retry(5);
      return starting.claimOldest(db, slot, HOUR);
    },
    queueOldest: async () => {
      await retry(6);
      return starting.queueOldest(db, slot);
    },
    disownForgotten: async () => {
      await db.query(
        `update tts_monitor.tasks set created_at = created_at - interval '1 hour' where content_hash = $1 and ${ALIVE}`,
        [hashOf(3)],
      );
      return forgotten.disownForgotten(db, slot, []);
    },
    endForgotten: async () => {
      await db.query(
        `update tts_monitor.tasks set started_at = started_at - interval '1 hour' where content_hash = $1 and ${ALIVE}`,
        [hashOf(4)],
      );
      return forgotten.endForgotten(db, slot, []);
    },
    writeConcurrencyLimit: () => settings.writeConcurrencyLimit(db, MANY),
    countTasks: () => audit.countTasks(db),
    countTexts: () => audit.countTexts(db),
    bookRepair: () =>
      repair.bookRepair(db, planRepair({ pending: 1, processing: 0, completed: -1, failed: 1, timeout: 0 })),
    pruneTasks: () => prune.pruneTasks(db, 0, 1),
    pruneWorkers: async () => {
      await db.query(
        `insert into tts_monitor.workers (worker, heartbeat_at, heartbeat_timeout)
         values ('gone', clock_timestamp() - interval '1 day', interval '1 millisecond')`,
      );
      return prune.pruneWorkers(db, HOUR);
    },
    foldTasks: () => ledger.foldTasks(db, 1000),
    foldTexts: async () => {
      await db.query("insert into tts_monitor.text_deltas (text_id, alive) values (77, 1), (77, -1)");
      return ledger.foldTexts(db, 1000);
    },
    pruneTextStates: () => prune.pruneTextStates(db, 10),
    vacuumDeltas: () => ledger.vacuumDeltas(db),
    isKnownText: () => knownText.isKnownText(db, 1n),
    recordRetry: () => retries.recordRetry(db, 2n),
    enlist: async () => {
      remote = await remoteWorkers.enlist(db, {
        worker: "remote",
        concurrencyLimit: 1,
        heartbeatTimeout: HOUR,
      });
      return remote;
    },
    renew: async () => {
      const slot = remote ?? { worker: "remote", incarnation: 0n };
      remoteTask = (await starting.insertStarted(db, { ...task(7), slot }, HOUR)) ?? 0n;
      return remoteWorkers.renew(db, remoteTask, HOUR);
    },
    lockRemoteWorkerOf: () => remoteWorkers.lockRemoteWorkerOf(db, remoteTask),
    removeIfIdle: () => remoteWorkers.removeIfIdle(db, remote ?? slot),
    endFormerTasks: () => workers.endFormerTasks(db, slot),
    beginDrain: () => workers.beginDrain(db, slot),
    removeWorker: () => workers.removeWorker(db, slot),
  };
  // undefined, false and 0 are the stores' words for "nothing to do".
  const NOTHING: unknown[] = [undefined, false, 0];
  const SILENT = new Set([
    "insertPending",
    "insertStarted",
    "writeSharedSettings",
    "vacuumDeltas",
    "recordSlotConflict",
    "noteAnswer",
    "queueForStart",
    "writeConcurrencyLimit",
    "bookRepair",
    "removeIfIdle",
    "endFormerTasks",
    "beginDrain",
    "removeWorker",
    "renewWatches",
  ]);
  const did: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    announce(name);
    const answer = await call();
    if (SILENT.has(name) || !NOTHING.includes(answer)) did.push(name);
  }
  return did.sort();
}
