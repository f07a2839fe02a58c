import { tokensCheck, webConfigCheck } from "./access-files.ts";
import { autovacuumCheck } from "./autovacuum.ts";
import type { Check, DatabaseSight, Sight } from "./check.ts";
import { clockCheck } from "./clock.ts";
import { connectionsCheck } from "./connections.ts";
import { driftCheck } from "./drift.ts";
import { encryptionCheck } from "./encryption.ts";
import { jobsCheck } from "./jobs.ts";
import { limitCheck } from "./limit.ts";
import { notificationsCheck } from "./notifications.ts";
import { rightsCheck } from "./rights.ts";
import { schemaCheck } from "./schema.ts";
import { serverCheck } from "./server.ts";
import { sessionsCheck } from "./sessions.ts";
import { settingsCheck } from "./settings.ts";
import { tasksCheck } from "./tasks.ts";
import { textTriggersCheck } from "./text-triggers.ts";
import { textsCheck } from "./texts.ts";
import { triggersCheck } from "./triggers.ts";
import { workersCheck } from "./workers.ts";

/** Those that need no database, in the order of their lines. */
export const ON_THIS_MACHINE: readonly Check<Sight>[] = [settingsCheck, webConfigCheck, tokensCheck];

/** Those that need one: the server first, then what is in it, from the schema on. */
export const IN_THE_DATABASE: readonly Check<DatabaseSight>[] = [
  serverCheck,
  // Early, because it takes the second connection: one that a failed check has broken may be on its way out still.
  notificationsCheck,
  encryptionCheck,
  connectionsCheck,
  clockCheck,
  sessionsCheck(),
  autovacuumCheck,
  textsCheck,
  schemaCheck,
  rightsCheck,
  triggersCheck,
  textTriggersCheck,
  driftCheck("tasks"),
  driftCheck("texts"),
  jobsCheck,
  workersCheck,
  tasksCheck,
  limitCheck,
];
