import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { portPicker } from "./ports.ts";
import type { DemoSettings } from "./settings.ts";

/** The folders of a demo, all in its data directory. */
export interface Folders {
  postgres: string;
  audio: string;
  /** generated configuration */
  run: string;
  logs: string;
  prometheus: string;
  alertmanager: string;
}

/** What each part of the demo is started with. */
export interface DemoContext {
  settings: DemoSettings;
  folders: Folders;
  /** what the children get on top of our own environment */
  environment: Readonly<Record<string, string>>;
  pickPort: ReturnType<typeof portPicker>;
  print(line: string): void;
  /** aborted when the demo is to stop */
  stop: AbortSignal;
  /** Waits for the result; rejects as soon as the demo is to stop. */
  step<T>(work: Promise<T>): Promise<T>;
  /** What to undo when the demo stops: newest first, one after the other. */
  atEnd(release: () => void | Promise<void>): void;
}

/** Absolute paths; makes all but PostgreSQL's, which belongs to the user whom that runs as. */
export function makeFolders(dataDir: string): Folders {
  const folder = (name: string) => resolve(join(dataDir, name));
  const made = (name: string) => {
    mkdirSync(folder(name), { recursive: true });
    return folder(name);
  };
  return {
    postgres: folder("postgres"),
    audio: made("audio"),
    run: made("run"),
    logs: made("logs"),
    prometheus: made("prometheus"),
    alertmanager: made("alertmanager"),
  };
}
