// A worker in a process of its own, with the library as users import it: `node worker.js <database's URL> <tasks a second>`.
// Prints its metrics' port. JavaScript, for no TypeScript loader's memory shall be counted.
import { createTaskMonitor } from "../../dist/index.js";

const CONCURRENCY = 50;
// A database that cannot keep up makes the load smaller, not the queue longer: it would count as the worker's memory.
const LONGEST_QUEUE = 100;
const TICK = 5;

const [databaseUrl, rate] = process.argv.slice(2);
const monitor = await createTaskMonitor({
  databaseUrl,
  worker: "worker-1",
  concurrency: CONCURRENCY,
  listen: "127.0.0.1:0",
});
process.stdout.write(`port ${monitor.port}\n`);

let due = 0;
let underWay = 0;
let textId = 0;
const begin = performance.now();
const timer = setInterval(() => {
  const now = Math.floor(((performance.now() - begin) * Number(rate)) / 1000);
  for (; due < now; due++) if (underWay < LONGEST_QUEUE) run();
}, TICK);

process.once("SIGTERM", async () => {
  clearInterval(timer);
  await monitor.close();
});

function run() {
  underWay++;
  textId++;
  const request = { textId, content: `text ${textId}` };
  monitor
    .run(request, async () => ({ audioUrl: "/audio/1.wav", filename: "1.wav", fileSize: 70_000 }))
    .finally(() => underWay--);
}
