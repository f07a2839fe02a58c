import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config.ts";
import { hostPort } from "../domain/address.ts";
import { reasonOf } from "../domain/thrown.ts";
import { ConfigError } from "../errors.ts";
import { createAppTables, openAppTables, readNewestTextId } from "./app-tables.ts";
import { startCleaning } from "./audio-files.ts";
import { startLoad } from "./load.ts";
import { startSpeechWorker } from "./speech-worker.ts";
import { OWN_TEXTS, readTexts } from "./texts.ts";

// The demo's service where nobody supervises it, as in docker-compose.yml: `tables` makes its tables, and `worker` is
// one worker, called as its machine, with a load of its own, so that more workers are more load. Flags are those of
// `tts-monitor demo`.
const ROLES = { tables, worker };

try {
  const [role = "", ...argv] = process.argv.slice(2);
  if (role !== "tables" && role !== "worker")
    throw new ConfigError("the first word must be tables or worker");
  const settings = loadConfig("demo", argv);
  if (settings.database.url === undefined) throw new ConfigError("--database.url is required");
  await ROLES[role](settings.database.url, settings);
} catch (error) {
  process.stderr.write(`tts-monitor demo: ${reasonOf(error).replaceAll(/\s+/g, " ")}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}

type DemoSettings = ReturnType<typeof loadConfig<"demo">>;

async function tables(databaseUrl: string): Promise<void> {
  const pool = openAppTables(databaseUrl);
  try {
    await createAppTables(pool);
  } finally {
    await pool.end();
  }
}

async function worker(databaseUrl: string, settings: DemoSettings): Promise<void> {
  const texts = readTexts(settings.texts ?? OWN_TEXTS);
  const audioDir = join(settings.dataDir, "audio");
  await mkdir(audioDir, { recursive: true });
  const { host, port } = settings.web.listenAddress;
  const speech = await startSpeechWorker(
    { databaseUrl, name: hostname(), listen: hostPort(host ?? "", port), audioDir, faults: settings.fault },
    {
      taskTimeout: settings.task.timeout,
      heartbeatInterval: settings.heartbeat.interval,
      heartbeatTimeout: settings.heartbeat.timeout,
      dedupWindow: settings.dedup.window,
      shutdownGrace: settings.shutdown.grace,
    },
  );
  const stopCleaning = startCleaning(audioDir);
  const load = startLoad({
    pool: speech.pool,
    texts,
    rate: settings.rate,
    newestTextId: await readNewestTextId(speech.pool),
    dispatch(request) {
      void speech.request(request);
      return true;
    },
  });
  async function stop(): Promise<void> {
    stopCleaning();
    await load.stop();
    await speech.close();
    process.exit(0);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());
  await speech.work();
}
