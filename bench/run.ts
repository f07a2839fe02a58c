// The benchmarks, one after the other, each in a process of its own: `npm run bench -- [--quick] [names]`.
// Ends with 1 where one breaks or, unless it is quick, misses a target.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { quick, type Target, table } from "./support/report.ts";

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

const targets: Target[] = [];
const broken: string[] = [];
for (const name of BENCHMARKS.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const begin = performance.now();
  const output = await run(name);
  const own = output.split("\n").filter((line) => line.startsWith('{"bench"'));
  if (own.length === 0) broken.push(name);
  targets.push(...own.map((line) => JSON.parse(line) as Target));
  console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
}
table(
  ["promise", "measured", "target", ""],
  targets.map(({ bench, ratio, target, ok }) => [bench, ratio, target, ok ? "ok" : "missed"]),
);
if (broken.length > 0) console.error(`broken: ${broken.join(", ")}`);
const missed = targets.some(({ ok }) => !ok);
process.exitCode = broken.length > 0 || (missed && !quick) ? 1 : 0;

/** @returns what it printed; nothing where it broke */
async function run(name: string): Promise<string> {
  console.log(`\n## ${name}`);
  const args = ["--import", "tsx", `bench/${name}.ts`, ...(quick ? ["--quick"] : [])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const [code] = await once(child, "close");
  return code === 0 ? output : "";
}
