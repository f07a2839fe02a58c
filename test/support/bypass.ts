import type pg from "pg";
import { withClient } from "./with-client.ts";

/** Runs a statement as somebody would who keeps the triggers from firing. */
export async function bypassTriggers(pool: pg.Pool, statement: string): Promise<void> {
  await withClient(pool, async (client) => {
    await client.query(`begin; set local session_replication_role = replica; ${statement}; commit`);
  });
}
