// What a task costs those who run it with the library: statements and round trips, time and CPU beside a bare pool,
// and what a worker sends while its tasks only last, be it one or a thousand.
import { measureHeartbeats } from "./library/heartbeats.ts";
import { createWorkersRole } from "./library/sent-statements.ts";
import { measureSpeed } from "./library/speed.ts";
import { measureStatements } from "./library/statements.ts";
import { report } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";

const database = await startDatabase();
try {
  const workersUrl = await createWorkersRole(database);
  const targets = await measureStatements(database, workersUrl);
  await measureSpeed(database, workersUrl);
  targets.push(...(await measureHeartbeats(database, workersUrl)));
  report(targets);
} finally {
  await database.remove();
}
