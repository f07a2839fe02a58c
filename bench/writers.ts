// What the books cost those who write: transitions a second with the ledger, to those without any books, on the same
// table in turns (A/B/A). While the ledger is kept, a real exporter folds it and is scraped every second.
import pg from "pg";
import { repeat } from "./support/pace.ts";
import { pgbench } from "./support/pgbench.ts";
import { startExporter } from "./support/process.ts";
import { atLeast, number, progress, quick, report, type Target, table } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";
import { mean, median } from "./support/statistics.ts";
import { registerScriptWorker, TRANSITIONS, taskScript } from "./support/task-script.ts";
import { type Books, keepBooks, prepareBooks } from "./writers/books.ts";

const SECONDS = quick ? 1 : 4;
const ROUNDS = quick ? 1 : 3;
const OTHER_WORK = 2;

interface Case {
  name: string;
  clients: number;
  /** ms that each transition's transaction stays open */
  otherWork?: number;
  synchronousCommit?: "off";
  /** a stranger has changed a task, and idles in his transaction */
  idle?: boolean;
  books?: Books;
  /** the share of the transitions without books that must be left */
  target?: number;
}

const ALL: Case[] = [
  { name: "durable", clients: 1 },
  { name: "durable", clients: 8, target: 0.9 },
  { name: "durable", clients: 32, target: 0.9 },
  { name: `${OTHER_WORK} ms of other work`, clients: 8, otherWork: OTHER_WORK, target: 0.95 },
  { name: `${OTHER_WORK} ms of other work`, clients: 32, otherWork: OTHER_WORK, target: 0.95 },
  { name: "synchronous_commit = off", clients: 1, synchronousCommit: "off" },
  { name: "synchronous_commit = off", clients: 8, synchronousCommit: "off", target: 0.8 },
  { name: "synchronous_commit = off", clients: 32, synchronousCommit: "off", target: 0.8 },
  { name: "an idle transaction holds a changed task", clients: 8, idle: true, target: 0.9 },
  { name: "an idle transaction holds a changed task", clients: 32, idle: true, target: 0.9 },
  { name: "counter rows, durable", clients: 8, books: "rows" },
  { name: "counter rows, durable", clients: 32, books: "rows" },
  {
    name: `counter rows, ${OTHER_WORK} ms of other work`,
    clients: 32,
    otherWork: OTHER_WORK,
    books: "rows",
  },
];
const CASES = quick ? ALL.filter(({ clients }) => clients === 8) : ALL;

const database = await startDatabase();
try {
  const targets = await measureAll();
  report(targets);
} finally {
  await database.remove();
}

async function measureAll(): Promise<Target[]> {
  const { pool, url } = database;
  const slot = await registerScriptWorker(database);
  await prepareBooks(pool);
  const exporter = await startExporter(url);
  const scripts = new Map([
    [0, await taskScript(slot)],
    [OTHER_WORK, await taskScript(slot, OTHER_WORK)],
  ]);
  const rows: (string | number)[][] = [];
  const targets: Target[] = [];
  try {
    await transitions({ name: "warm-up", clients: 8 }, "none");
    for (const one of CASES) {
      const { books = "ours" } = one;
      const without = [await transitions(one, "none")];
      const ratios: number[] = [];
      const kept: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        kept.push(await transitions(one, books));
        without.push(await transitions(one, "none"));
        ratios.push((kept.at(-1) ?? 0) / mean(without.slice(-2)));
      }
      const ratio = median(ratios);
      const name = `${one.name}, ${one.clients} clients`;
      const spread = `${number(Math.min(...ratios))} to ${number(Math.max(...ratios))}`;
      rows.push([name, number(median(without)), number(median(kept)), number(ratio), spread]);
      progress(`${name}: ${number(ratio)}`);
      if (one.target) targets.push(atLeast(`writers: ${name}, with the books / without`, ratio, one.target));
    }
  } finally {
    await exporter.end();
  }
  table(["", "without books, transitions/s", "with", "ratio", "range"], rows);
  return targets;

  async function transitions(one: Case, books: Books): Promise<number> {
    await keepBooks(pool, books);
    const stranger = one.idle ? await idle() : undefined;
    const alone = books !== "ours";
    if (alone) process.kill(exporter.pid, "SIGSTOP");
    const scraping = alone ? undefined : repeat(1000, exporter.scrape);
    const runs = await pgbench({
      url,
      script: scripts.get(one.otherWork ?? 0) ?? "",
      clients: one.clients,
      seconds: SECONDS,
      session: { synchronous_commit: one.synchronousCommit ?? "on" },
    });
    // A scrape that was frozen would give up as it thaws.
    await scraping?.stop();
    process.kill(exporter.pid, "SIGCONT");
    await stranger?.end();
    return runs * TRANSITIONS;
  }

  async function idle(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("begin");
    await client.query("insert into tts_monitor.tasks (text_id, status) values (1, 'processing')");
    return client;
  }
}
