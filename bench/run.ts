// The benchmarks, each in a process of its own, one after the other; quick ones, whose figures mean little, in pairs:
// `npm run bench -- [--quick] [--record] [names]`. `--record` puts what they print into docs/benchmarks.md.
// Ends with 1 where one breaks or, unless it is quick, misses a target.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import pLimit from "p-limit";
import { type Outcome, record, summary, targetsIn } from "./support/record.ts";
import { quick } from "./support/report.ts";

const BENCHMARKS = [
  "scrape",
  "writers",
  "library",
  "scrapers",
  "streams",
  "sweep",
  "prune",
  "ledger",
  "fleet",
  "memory",
];

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const unknown = wanted.filter((name) => !BENCHMARKS.includes(name));
if (unknown.length > 0) throw new Error(`no such benchmark: ${unknown}; there are ${BENCHMARKS.join(", ")}`);

const outcomes: Outcome[] = [];
const broken: string[] = [];
const turn = pLimit(quick ? 2 : 1);
await turn.map(
  BENCHMARKS.filter((each) => wanted.length === 0 || wanted.includes(each)),
  async (name) => {
    const begin = performance.now();
    console.error(`${name} begins`);
    const { output, code } = await run(name);
    console.log(`\n## ${name}\n${output}`);
    if (code === 0 && targetsIn(output).length > 0) outcomes.push({ name, output });
    else broken.push(name);
    console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  },
);
const targets = outcomes.flatMap(({ output }) => targetsIn(output));
console.log(`\n${summary(targets)}`);
if (broken.length > 0) console.error(`broken: ${broken.join(", ")}`);
if (process.argv.includes("--record")) record(outcomes, BENCHMARKS);
const missed = targets.some(({ ok }) => !ok);
process.exitCode = broken.length > 0 || (missed && !quick) ? 1 : 0;

async function run(name: string): Promise<{ output: string; code: number | null }> {
  const args = ["--import", "tsx", `bench/${name}.ts`, ...(quick ? ["--quick"] : [])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { output, code };
}
