// The chaos run. `npm run chaos -- --minutes 10 --seed N` makes one, records it and judges it;
// `--check FILE …` judges recordings again, and `--document` with it puts their figures into docs/reliability.md.
// Ends with 1 where anything that always holds did not.
import { parseArgs } from "node:util";
import { document } from "./document.ts";
import { FAULTS } from "./faults/list.ts";
import { judge } from "./judge.ts";
import { recordRun } from "./record.ts";
import { createRecorder } from "./recording/recorder.ts";
import { summary } from "./summary.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    /** kinds of fault, separated by commas; all others are left out */
    only: { type: "string" },
    /** where the recording goes */
    record: { type: "string" },
    check: { type: "boolean", default: false },
    document: { type: "boolean", default: false },
  },
});

if (values.check) await judgeAll(positionals);
else await judgeAll([await makeRun()]);

/** @returns the recording's file */
async function makeRun(): Promise<string> {
  const [minutes, seed] = [positive("minutes", values.minutes), positive("seed", values.seed)];
  const only = values.only?.split(",");
  const unknown = only?.filter((wanted) => !FAULTS.some(({ kind }) => kind === wanted)) ?? [];
  if (unknown.length > 0) throw new Error(`no such kind of fault: ${unknown.join(", ")}`);
  const faults = FAULTS.filter(({ kind }) => only?.includes(kind) ?? true);
  const file = values.record ?? `chaos-${seed}.jsonl.gz`;
  console.log(`recording to ${file}: again by --minutes ${minutes} --seed ${seed}`);
  const recorder = createRecorder(file);
  try {
    await recordRun(recorder, { seed, minutes, faults, tell: console.log });
  } finally {
    await recorder.close();
  }
  return file;
}

async function judgeAll(files: readonly string[]): Promise<void> {
  if (files.length === 0) throw new Error("--check needs the file of a recording");
  const judged = [];
  for (const file of files) {
    const { report, problems, begin } = await judge(file);
    for (const problem of problems) console.log(`\n${problem}`);
    judged.push({ begin, report });
    process.exitCode = problems.length === 0 ? process.exitCode : 1;
  }
  console.log(`\n${summary(judged)}`);
  if (values.document) document(judged);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return number;
}
