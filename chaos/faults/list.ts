import { EXPORTER_CLOCK_STEPS, WORKER_CLOCK_STEPS } from "./clocks.ts";
import { CONNECTIONS_EXHAUSTED } from "./connections.ts";
import { DATABASE_AWAY, DATABASE_CRASH, DATABASE_READ_ONLY, DATABASE_RESTART, FAILOVER } from "./database.ts";
import { EXPORTER_FROZEN, EXPORTER_KILLED, EXPORTER_STOPPED } from "./exporters.ts";
import type { Fault } from "./fault.ts";
import { GRANTS_REVOKED } from "./grants.ts";
import { HOSTILE_STRINGS } from "./hostile.ts";
import { LATE_REPORTS } from "./late.ts";
import {
  EXPORTER_CUT_OFF,
  EXPORTER_LINK_DEAD,
  SLOW_LINKS,
  WORKER_CUT_OFF,
  WORKER_CUT_OFF_SHORT,
  WORKER_LINK_DEAD,
} from "./links.ts";
import { HEARTBEATS_LOCKED, ROW_LOCKED, TABLE_LOCKED } from "./locks.ts";
import { PROMETHEUS_STOPPED } from "./prometheus.ts";
import { PRUNE } from "./prune.ts";
import { RETRY_STORM } from "./retries.ts";
import { SCRAPERS_1000 } from "./scrapers.ts";
import { DATABASE_FROZEN, SESSION_KILLED, SESSIONS_TERMINATED } from "./sessions.ts";
import { SPOOL_FULL } from "./spool.ts";
import { STANDBY_SILENT } from "./standby.ts";
import { STREAMS_STORM } from "./streams.ts";
import { APPLICATION_SURGERY } from "./surgery.ts";
import { SLOT_TAKEN, WORKER_FROZEN, WORKER_FROZEN_SHORT, WORKER_KILLED, WORKER_STOPPED } from "./workers.ts";

/** Every fault that a run may make, in the order of their kinds. */
export const FAULTS: readonly Fault[] = [
  DATABASE_CRASH,
  DATABASE_RESTART,
  DATABASE_AWAY,
  DATABASE_FROZEN,
  DATABASE_READ_ONLY,
  SESSION_KILLED,
  SESSIONS_TERMINATED,
  CONNECTIONS_EXHAUSTED,
  GRANTS_REVOKED,
  TABLE_LOCKED,
  HEARTBEATS_LOCKED,
  ROW_LOCKED,
  STANDBY_SILENT,
  FAILOVER,
  EXPORTER_CUT_OFF,
  EXPORTER_LINK_DEAD,
  WORKER_CUT_OFF_SHORT,
  WORKER_CUT_OFF,
  WORKER_LINK_DEAD,
  SLOW_LINKS,
  EXPORTER_KILLED,
  EXPORTER_STOPPED,
  EXPORTER_FROZEN,
  WORKER_KILLED,
  WORKER_STOPPED,
  WORKER_FROZEN_SHORT,
  WORKER_FROZEN,
  SLOT_TAKEN,
  PROMETHEUS_STOPPED,
  EXPORTER_CLOCK_STEPS,
  WORKER_CLOCK_STEPS,
  SPOOL_FULL,
  SCRAPERS_1000,
  STREAMS_STORM,
  RETRY_STORM,
  HOSTILE_STRINGS,
  APPLICATION_SURGERY,
  PRUNE,
  LATE_REPORTS,
];
