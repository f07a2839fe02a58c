/** What a kind of fault may do to what is recorded; everything that is not said here stays a violation. */
export interface Kind {
  /** for the report: what is done */
  title: string;
  /** scrapes of the targets may be late or unanswered while it lasts: the process is not running, or is stopped */
  silences?: boolean;
  /** tasks that the targets' workers run may be lost to it: they are killed, or unheard for longer than they may be */
  loses?: boolean;
}

/** Every kind, each in one file of its own or beside its siblings. */
export const KINDS = {
  // PostgreSQL: befalls all parts.
  "database-crash": { title: "the server is stopped at once and recovers" },
  "database-restart": { title: "the server is restarted in good order" },
  "database-away": { title: "the server is away for longer than the heartbeat timeout" },
  "database-frozen": { title: "the server and all its sessions are stopped (SIGSTOP)" },
  "database-read-only": { title: "the server takes no writes" },
  "session-killed": { title: "a session is killed, and the server ends all others for it" },
  "sessions-terminated": { title: "all sessions are ended, again and again" },
  "connections-exhausted": { title: "strangers hold every connection that is left" },
  "grants-revoked": { title: "the role may read and write no more, until it may again" },
  "table-locked": { title: "a stranger locks the table of tasks" },
  "heartbeats-locked": { title: "a stranger lets nobody write to the table of workers" },
  "row-locked": { title: "a stranger locks a row of a running task" },
  "standby-silent": { title: "the synchronous standby confirms no commit" },
  failover: { title: "the server dies, and its synchronous standby takes over" },
  // Links of one part or of all.
  "exporter-cut-off": { title: "an exporter's connections are refused" },
  "exporter-link-dead": { title: "an exporter's link goes dead in silence" },
  "worker-cut-off-short": { title: "a worker is cut off for less than its heartbeat timeout" },
  "worker-cut-off": { title: "a worker is cut off for longer than its heartbeat timeout", loses: true },
  "worker-link-dead": { title: "a worker's link goes dead in silence", loses: true },
  "slow-links": { title: "every answer of the database comes late" },
  // Processes.
  "exporter-killed": { title: "an exporter is killed and started anew", silences: true },
  "exporter-stopped": { title: "an exporter is told to end (SIGTERM) and started anew", silences: true },
  "exporter-frozen": { title: "one exporter of two is stopped (SIGSTOP)", silences: true },
  "worker-killed": { title: "a worker is killed and started anew", silences: true, loses: true },
  "worker-stopped": {
    title: "a worker is told to end (SIGTERM) and started anew",
    silences: true,
    loses: true,
  },
  "worker-frozen-short": { title: "a worker is stopped for less than its heartbeat timeout", silences: true },
  "worker-frozen": { title: "a worker is stopped for longer than that", silences: true, loses: true },
  "slot-taken": {
    title: "a second process takes a living worker's name; the first is started anew",
    silences: true,
    loses: true,
  },
  "prometheus-stopped": { title: "Prometheus is told to end (SIGTERM) and started anew" },
  // The machine.
  "exporter-clock-steps": { title: "an exporter's clock jumps, years ahead and hours back" },
  "worker-clock-steps": { title: "a worker's clock jumps, years ahead and hours back" },
  "spool-full": { title: "the disk of a worker's spool is full while the database is away" },
  // Those who ask too much.
  "scrapers-1000": { title: "1,000 scrapers at once" },
  "streams-storm": { title: "hundreds of clients open live streams, read them or not, and go" },
  "retry-storm": { title: "people ask for failed texts again, all at once" },
  "hostile-strings": { title: "users type label syntax, line ends, frames and SQL into every field" },
  "application-surgery": { title: "texts and audios are deleted, brought back, shrunk and moved by hand" },
  prune: { title: "ended tasks are removed while everything goes on" },
  "late-reports": { title: "ended tasks are reported ended again" },
} as const satisfies Record<string, Kind>;

export type FaultKind = keyof typeof KINDS;
