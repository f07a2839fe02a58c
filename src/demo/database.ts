import { migrate } from "../db/migrate.ts";
import { OperationError } from "../errors.ts";
import { createAppTables, openAppTables } from "./app-tables.ts";
import { startChild } from "./child.ts";
import type { DemoContext } from "./context.ts";
import { keepRunning } from "./keep-running.ts";
import type { FromDatabase } from "./messages.ts";

/** PostgreSQL writes out what it holds in memory before it ends. */
const GRACE_MS = 40_000;

/** Starts the embedded database unless one is given, brings its schema up to date, and opens the demo's tables. */
export async function startDatabase(
  context: DemoContext,
): Promise<{ url: string; pool: ReturnType<typeof openAppTables> }> {
  const url = context.settings.database.url ?? (await startEmbeddedDatabase(context));
  const pool = openAppTables(url);
  context.atEnd(() => pool.end());
  await context.step(createAppTables(pool));
  await context.step(migrate(url, { trackAppTables: true }));
  return { url, pool };
}

/** @returns its URL, which stays the same over restarts */
async function startEmbeddedDatabase(context: DemoContext): Promise<string> {
  const { folders, step } = context;
  const start = () =>
    startChild({ name: "postgres", module: "database-main", args: [folders.postgres], logDir: folders.logs });
  const answer = (await step(keepRunning(context, start, GRACE_MS).firstMessage)) as FromDatabase;
  if ("refused" in answer) throw new OperationError(answer.refused);
  return answer.url;
}
