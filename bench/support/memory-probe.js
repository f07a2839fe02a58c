// Loaded into a process that is measured: each SIGUSR2 collects all garbage and prints what is left. JavaScript, for it
// runs where no TypeScript loader's memory shall be counted.
import { setTimeout as sleep } from "node:timers/promises";

// What finalizers let go is garbage of the next one only, and V8 gives pages back in the background.
const COLLECTIONS = 3;
const PAUSE = 200;

let times = 0;

process.on("SIGUSR2", async () => {
  for (let time = 0; time < COLLECTIONS; time++) {
    globalThis.gc();
    await sleep(PAUSE);
  }
  times++;
  process.stderr.write(`memory ${times}: ${JSON.stringify(process.memoryUsage())}\n`);
});
