import type { Queryable } from "../../src/db/pool.ts";
import * as forgotten from "../../src/db/forgotten-store.ts";
import * as ledger from "../../src/db/ledger.ts";
import * as settings from "../../src/db/settings-store.ts";
import * as sweep from "../../src/db/sweep-store.ts";
import * as reader from "../../src/db/task-reader.ts";
import * as tasks from "../../src/db/task-store.ts";
import * as workers from "../../src/db/worker-store.ts";
import { COMPLETED, HOUR, hashOf, takeSlot } from "./tasks.ts";

const MODULES = { ...tasks, ...reader, ...workers, ...sweep, ...ledger, ...settings, ...forgotten };

/** Names of all functions of the stores. */
export const STORE_FUNCTIONS = Object.keys(MODULES).sort();

/** Calls every function of the stores, each so that its statement has something to do. @returns their names */
export async function callEveryStoreFunction(db: Queryable): Promise<string[]> {
  const called = new Set<string>();
  const stores = new Proxy(MODULES, {
    get(target, name, receiver) {
      called.add(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const slot = await takeSlot(db);
  const task = (hash: number) => ({ textId: 1n, contentHash: hashOf(hash), slot, dedupWindow: HOUR });
  const limit = { concurrencyGlobal: 10, sloLatency: 60_000 };
  CALLS
}
