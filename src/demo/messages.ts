import type { FaultShares } from "./faults.ts";

/** What a worker needs to begin. It goes over IPC, for a password has no place in argv. */
export interface WorkerSettings {
  databaseUrl: string;
  /** slot name */
  name: string;
  /** host:port of its /metrics */
  listen: string;
  audioDir: string;
  faults: FaultShares;
}

export interface SpeechRequest {
  /** decimal */
  textId: string;
  content: string;
}

export type ToWorker = { start: WorkerSettings } | { speak: SpeechRequest };
export type FromWorker = "ready";

export type FromDatabase = { url: string } | { refused: string };
