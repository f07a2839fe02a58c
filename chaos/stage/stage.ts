import type { TcpProxy } from "../../test/support/tcp-proxy.ts";
import type { Effects, PartKind, Possible } from "../recording/entries.ts";

/** A part of the system under test: processes that follow each other in one place. */
export interface Part {
  /** `exporter-1`, `worker-2`, `prometheus` */
  readonly name: string;
  readonly kind: PartKind;
  /** http://host:port, the same in every life */
  readonly url: string;
  /** Its link to PostgreSQL. Prometheus has none. */
  readonly link: TcpProxy | undefined;
  /** Undefined where faketime is not installed: sets how far its clock is off, as libfaketime writes it: `+0`, `+3650d`. */
  readonly setClock: ((offset: string) => void) | undefined;
  /** Where a worker's spool lies; a small disk where this user may mount one. */
  readonly spool: { fill(): void; makeRoom(): void } | undefined;
  /** kill -9, and waits for the end. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for the end; that it is in good order is judged by the recording. */
  stop(): Promise<void>;
  /** Starts its next life, and waits until it is ready. */
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export type Query = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

export interface Database {
  /**
   * Statements on the server itself as superuser, on a connection that waits for nobody's link; fails after 5 s.
   * @throws Refused where it was certainly not done, else whatever the driver throws
   */
  sql: Query;
  /** Several of them, all or none, of the application's, with its rights. @throws as `sql` */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** A session of a stranger's own, for locks; end it. */
  stranger(): Promise<{ query(text: string, values?: unknown[]): Promise<unknown>; end(): Promise<void> }>;
  /** SIGINT or SIGQUIT to the server, and waits for its end. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  /** Starts it again, on the same port and data. */
  restart(): Promise<void>;
  readonly pid: number;
  /** The one role as which exporters and workers log in. */
  readonly role: string;
  /** As that role, past all links. */
  readonly url: string;
  /** Kills the primary for good, promotes the standby and points all links at it; undefined where it is used up. */
  failOver: (() => Promise<void>) | undefined;
}

/** A call that is about to be made; see `Asked`. */
interface Call {
  by: string;
  call: string;
  textId?: string;
  may: Possible;
}

/** What has come of it; see `Answered`. Where it throws, nothing is certain, unless it throws `Refused`. */
interface Done<T> {
  did: Effects;
  still?: Possible;
  taskId?: string;
  status?: string;
  detail?: string;
  value: T;
}

/**
 * Makes a call and records it, before and after.
 * @param make may say later, by `amend`, what has become of what it left open
 * @returns undefined where the call did not come to a good end
 */
export type MakeCall = <T>(
  what: Call,
  make: (amend: (done: Omit<Done<T>, "value">) => void) => Promise<Done<T>>,
) => Promise<T | undefined>;

/** What the faults act upon. */
export interface Stage {
  readonly database: Database;
  readonly exporters: readonly Part[];
  readonly workers: readonly Part[];
  readonly prometheus: Part | undefined;
  /** Bearer token of the exporters' API. */
  readonly token: string;
  /** s */
  readonly heartbeatTimeout: number;
  /** Begins what the load says in users' fields; see ChaosSettings. */
  readonly userMark: string;
  /** Newest texts of the load: something to retry, follow or operate upon. Decimal ids. */
  recentTexts(): readonly string[];
  readonly call: MakeCall;
  /** Records something that a fault has itself seen to be wrong. */
  problem(text: string): void;
  /** Starts a second process that takes a worker's name; kill it. It has a link of its own. */
  usurp(worker: Part): Promise<{ kill(): Promise<void> }>;
}

/** Thrown by a call that was certainly not done. */
export class Refused extends Error {}
