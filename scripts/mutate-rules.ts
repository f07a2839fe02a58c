import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { digestOfRules, MUTATION_RECORD, runMutants } from "../test/support/mutation-run.ts";
import { programPath } from "../test/support/programs.ts";
import { SURVIVORS } from "../test/support/surviving-mutants.ts";

// `npm run test:rules:mutants`: alters every rule in every way, expects a test to fail each time, and records for which
// rules and tests that was so. Takes minutes; the record is checked with all other tests.
const promtool = programPath("promtool");
if (promtool === undefined) throw new Error("promtool is not installed");
const { total, survived } = await runMutants(promtool, cpus().length);

const noticed = total - survived.length;
console.log(`${noticed} of ${total} mutants noticed (${((100 * noticed) / total).toFixed(1)} %)`);
const unlisted = survived.filter((name) => !(name in SURVIVORS));
const dead = Object.keys(SURVIVORS).filter((name) => !survived.includes(name));
for (const name of unlisted) console.error(`no test notices ${name}`);
for (const name of dead) console.error(`listed as surviving, and noticed: ${name}`);
if (unlisted.length + dead.length > 0) process.exitCode = 1;
else
  writeFileSync(
    MUTATION_RECORD,
    `${JSON.stringify({ rulesAndTests: digestOfRules(), total, survived }, undefined, 2)}\n`,
  );
