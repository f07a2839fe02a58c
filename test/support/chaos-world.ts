import type { Effects, Entry, PartKind, ProcessEvent, TaskRow } from "../../chaos/recording/entries.ts";
import type { Random } from "../../chaos/stage/random.ts";
import { FORMATS } from "../../src/metrics/exposition.ts";
import { type Books, exporterBody, type ProcessNumbers, workerBody } from "./chaos-bodies.ts";

export const SECOND = 1000;
export const STARTED_AT = Date.UTC(2026, 0, 1);

interface Process extends ProcessNumbers {
  life: number;
  runs: boolean;
}

/** A system that is not there, and what is recorded of it. Times: ms since the run began. */
export interface World {
  random: Random;
  entries: Entry[];
  /** Has something happen later. */
  after(at: number, step: () => void): void;
  books: Books;
  /** by part */
  processes: Map<string, Process>;
  /** by the task's id */
  rows: Map<string, TaskRow>;
  /** whether the database is there */
  up: boolean;
  calls: number;
}

export function createWorld({ random, entries, after }: Pick<World, "random" | "entries" | "after">): World {
  const ended = { completed: [], failed: [], timeout: [] };
  const none = { created: 0, started: 0, deduplicated: 0, late: 0, texts: 0, textsCompleted: 0, pruned: 0 };
  const books: Books = { ...none, ended, reasons: {} };
  return { random, entries, after, books, processes: new Map(), rows: new Map(), up: true, calls: 0 };
}

/** ms since 1970 */
export function wall(at: number): number {
  return STARTED_AT + at;
}

export function startProcess({ processes, entries }: World, part: string, at: number): void {
  const life = (processes.get(part)?.life ?? 0) + 1;
  processes.set(part, { life, runs: true, startedAt: wall(at) / SECOND, own: {} });
  entries.push(processEvent(part, life, at, "started"), processEvent(part, life, at, "ready"));
  const line = JSON.stringify({ level: "info", time: "2026-01-01T00:00:00.000Z", msg: "listening" });
  entries.push({ type: "log", at, part, life, line });
}

export function endProcess({ processes, entries }: World, part: string, at: number, how: string): void {
  const process = processes.get(part);
  if (!process) return;
  process.runs = false;
  entries.push({ ...processEvent(part, process.life, at, "ended"), how, wanted: true });
}

function processEvent(part: string, life: number, at: number, what: ProcessEvent["what"]): ProcessEvent {
  const kind: PartKind = part.startsWith("exporter") ? "exporter" : "worker";
  return { type: "process", at, part, kind, life, what, pid: 1000 + life };
}

/** Something that is asked for, done and answered at once. */
export function call(world: World, at: number, by: string, did: Effects): void {
  const { entries, books, after } = world;
  const id = ++world.calls;
  entries.push({ type: "asked", at, id, by, call: "something", may: did });
  books.texts += did.texts ?? 0;
  books.textsCompleted += did.textsCompleted ?? 0;
  books.deduplicated += did.deduplicated ?? 0;
  after(at + 4, () => entries.push({ type: "answered", at: at + 4, id, outcome: "acknowledged", did }));
}

export function scrape({ processes, entries, after, books, up }: World, part: string, begin: number): void {
  const process = processes.get(part);
  const end = begin + 12;
  const common = { type: "scrape" as const, part, begin, end, lag: 0 };
  const record = (answer: Omit<Extract<Entry, { type: "scrape" }>, keyof typeof common>) =>
    after(end, () => entries.push({ ...common, ...answer }));
  if (!process?.runs) {
    record({ life: 0, status: 0, contentType: "", body: "", error: "connect ECONNREFUSED" });
    return;
  }
  const now = (wall(begin) + 5) / SECOND;
  const fresh = 'tts_monitor_scrapes_total{result="fresh"}';
  process.own[fresh] = (process.own[fresh] ?? 0) + 1;
  process.own["tts_worker_last_heartbeat_timestamp_seconds"] = now;
  const body = part.startsWith("exporter")
    ? exporterBody(up ? books : undefined, process, now)
    : workerBody(process);
  record({ life: process.life, status: 200, contentType: FORMATS.text, body });
}

export function recount({ entries, after, books, up }: World, at: number): void {
  if (!up) return;
  const { created, started, ended, texts, textsCompleted } = books;
  const [completed, failed, timeout] = [ended.completed.length, ended.failed.length, ended.timeout.length];
  const processing = started - completed - failed - timeout;
  const pending = created - started;
  const numbers = { created, pending, processing, completed, failed, timeout, texts, textsCompleted };
  after(at + 3, () => entries.push({ type: "recount", begin: at, end: at + 3, ...numbers }));
}
