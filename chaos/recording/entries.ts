import type { FaultKind } from "../faults/kinds.ts";

/** ms since the run began, by the recorder's monotonic clock */
export type Ms = number;

/** One line of a recording, in the order in which they were written. */
export type Entry =
  | Begin
  | Phase
  | ProcessEvent
  | Scrape
  | Asked
  | Answered
  | FaultBegin
  | FaultEnd
  | Recount
  | Sessions
  | Alerts
  | Log
  | Rows
  | Verdict
  | End;

/** The first line. */
export interface Begin {
  type: "begin";
  seed: number;
  minutes: number;
  /** ms since 1970 at which the recorder's clock was at 0; the database's clock is this machine's */
  startedAt: number;
  settings: ChaosSettings;
}

export interface ChaosSettings {
  /** s */
  heartbeatTimeout: number;
  sweepInterval: number;
  taskTimeout: number;
  /** tasks in processing over all workers; the same in a whole run */
  globalLimit: number;
  /** PostgreSQL connections that a part may hold, by the kind of part */
  connections: { exporter: number; worker: number };
  /** texts that the load gives to users' fields begin with it: no label may contain it */
  userMark: string;
}

/**
 * `quiet`: load and no fault; `chaos`: faults; `settling`: the last faults' traces go; `final`: no load any more, all is
 * well, and what is read last is read.
 */
export type PhaseName = "quiet" | "chaos" | "settling" | "final";

interface Phase {
  type: "phase";
  at: Ms;
  name: PhaseName;
}

export type PartKind = "exporter" | "worker" | "postgres" | "prometheus";

/** `exporter-1`, `worker-2`, `postgres`, `prometheus`; each new process of a part is its next life, from 1. */
export interface ProcessEvent {
  type: "process";
  at: Ms;
  part: string;
  kind: PartKind;
  life: number;
  what: "started" | "ready" | "ended";
  pid: number;
  /** of an end: `exit code 0`, `SIGKILL` */
  how?: string;
  /** of an end: whether the run had asked for it */
  wanted?: boolean;
}

export interface Scrape {
  type: "scrape";
  /** exporter or worker */
  part: string;
  /** of the process that was asked; 0 where none ran */
  life: number;
  begin: Ms;
  end: Ms;
  /** how long this machine kept the prober itself waiting meanwhile: `end` may be late by that much */
  lag: number;
  /** 0: no answer, see `error` */
  status: number;
  contentType: string;
  body: string;
  error?: string;
}

/** What calls change, by the names of the counters; texts and completed texts are gauges. */
export type Quantity =
  | "created"
  | "started"
  | "completed"
  | "failed"
  | "timeout"
  | "deduplicated"
  | "texts"
  | "textsCompleted";
export type Effects = Partial<Record<Quantity, number>>;
/** Between nothing and this much; a pair: from the least, which is negative, to the most. */
export type Possible = Partial<Record<Quantity, number | readonly [least: number, most: number]>>;

/** A call is about to be made. */
interface Asked {
  type: "asked";
  at: Ms;
  id: number;
  /** `worker-1`; `api`: by HTTP, as a worker in another language; `application`: its own SQL */
  by: string;
  call: string;
  textId?: string;
  /** the most that it may change, until it is answered and for ever where it is not */
  may: Possible;
}

/** Its answer has come; where none comes, there is no such entry. A later one of the same call replaces it. */
export interface Answered {
  type: "answered";
  at: Ms;
  id: number;
  /** `acknowledged`: done; `refused`: certainly not done; `unknown`: an error that leaves it open */
  outcome: "acknowledged" | "refused" | "unknown";
  /** what has changed for certain; of what the call might have done, nothing else has or will */
  did: Effects;
  /** but for this, which may yet come of it, or may have come where the outcome is `unknown` */
  still?: Possible;
  taskId?: string;
  /** as the caller was told */
  status?: string;
  detail?: string;
}

interface FaultBegin {
  type: "fault";
  what: "begin";
  at: Ms;
  id: number;
  kind: FaultKind;
  /** the parts that it befalls, such as `worker-1`; `postgres` befalls all */
  targets: string[];
  detail?: string;
}

interface FaultEnd {
  type: "fault";
  what: "end";
  at: Ms;
  id: number;
  /** why it was not, or not all of it: something else was broken just then */
  failed?: string;
}

/** Rows counted in one snapshot on a connection of the run's own, deleted ones too. */
export interface Recount {
  type: "recount";
  begin: Ms;
  end: Ms;
  created: number;
  pending: number;
  processing: number;
  completed: number;
  failed: number;
  timeout: number;
  texts: number;
  textsCompleted: number;
}

/** PostgreSQL connections that each part holds, counted on its own link. */
interface Sessions {
  type: "sessions";
  at: Ms;
  open: Record<string, number>;
}

/** What Prometheus says of its alerts; Watchdog is one of them. */
export interface Alerts {
  type: "alerts";
  at: Ms;
  alerts: { name: string; state: "pending" | "firing"; activeAt: Ms; labels: Record<string, string> }[];
}

/** A line that a part has printed. */
interface Log {
  type: "log";
  at: Ms;
  part: string;
  life: number;
  line: string;
}

/** Rows of tasks at the end, deleted ones too; in portions. Times: ms since 1970, by the database's clock. */
export interface Rows {
  type: "rows";
  at: Ms;
  tasks: TaskRow[];
}

export interface TaskRow {
  id: string;
  textId: string;
  status: "pending" | "processing" | "completed" | "failed" | "timeout";
  reason: string | null;
  worker: string | null;
  createdAt: number;
  startedAt: number | null;
  deadlineAt: number | null;
  finishedAt: number | null;
  lateAt: number | null;
  /** moves from one status to another that a trigger of the run's own has seen, as `pending>processing` */
  moves: string[];
}

/** What a fault has itself seen and found wrong: a stream's broken frame, say. Any is a violation. */
interface Verdict {
  type: "verdict";
  at: Ms;
  faultId: number;
  problem: string;
}

/** The last line: without it the run did not come to its end. */
interface End {
  type: "end";
  at: Ms;
}
