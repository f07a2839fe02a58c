import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beat } from "../../src/db/worker-store.ts";
import { eventually } from "../../test/support/eventually.ts";
import { makeFolder } from "../../test/support/temporary-server.ts";
import { type Repeated, repeat } from "../support/pace.ts";
import { start } from "../support/process.ts";
import type { BenchDatabase } from "../support/server.ts";
import { registerScriptWorker, TRANSITIONS, taskScript } from "../support/task-script.ts";
import type { Worker } from "./fill.ts";

const CLIENTS = 4;
const HEARTBEAT_INTERVAL = 5000;
// More than any measurement takes: it is ended before.
const LONGEST = 3600;

// Each task comes of a text and leaves an audio, and both are tracked. Their ids are above all that are filled in.
const APPLICATION = `
\\set new_text :text + 1000000000
insert into tts_texts values (:new_text, 'a new text', 0) on conflict do nothing;
insert into tts_audios (text_id, file_size, is_deleted) values (:new_text, 70000, 0);
`;

/** Does the work while so many transitions a second go on, statement by statement as a worker's `run` does. */
export async function underLoad<T>(
  database: BenchDatabase,
  rate: number,
  work: () => Promise<T>,
): Promise<T> {
  const folder = makeFolder();
  const file = join(folder, "script.sql");
  writeFileSync(file, (await taskScript(await registerScriptWorker(database))) + APPLICATION);
  const load = start("pgbench", [
    ...["--no-vacuum", "--protocol=extended", `--file=${file}`, `--time=${LONGEST}`],
    ...[`--client=${CLIENTS}`, "--jobs=1", `--rate=${rate / TRANSITIONS}`],
    database.url,
  ]);
  try {
    return await work();
  } finally {
    await load.end();
    await eventually("its last statements have ended", () => isOver(database));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isOver({ pool }: BenchDatabase): Promise<boolean> {
  const { rowCount } = await pool.query("select from pg_stat_activity where application_name = 'pgbench'");
  return rowCount === 0;
}

/** Keeps the workers live. */
export function keepBeating({ pool }: BenchDatabase, workers: readonly Worker[]): Repeated {
  return repeat(HEARTBEAT_INTERVAL, async () => {
    for (const worker of workers) await beat(pool, worker);
  });
}
