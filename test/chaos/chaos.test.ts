import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../chaos/checker/check.ts";
import { mutants } from "../../chaos/mutants/list.ts";
import type { Entry } from "../../chaos/recording/entries.ts";
import { readRecording } from "../../chaos/recording/read.ts";
import { createRandom } from "../../chaos/stage/random.ts";
import { startNode } from "../support/processes.ts";
import { makeFolder } from "../support/temporary-server.ts";

const SEED = 1;
const folder = makeFolder();
const file = join(folder, "run.jsonl.gz");
afterAll(() => rmSync(folder, { recursive: true }));

it("everything that always holds does so in a minute of chaos", async () => {
  const flags = ["--minutes", "1", "--seed", String(SEED), "--record", file];
  const run = startNode(["--import", "tsx", "chaos/run.ts", ...flags]);
  const ended = await run.exited;
  expect(ended, run.output()).toEqual({ code: 0, signal: null });
});

// A minute is too short for a process to grow in; test/unit/chaos-checker.test.ts has a longer one.
const IN_A_MINUTE = mutants.filter(({ rule }) => rule !== "memory");

describe("the checker notices, in the recording of that minute,", () => {
  const without: string[] = [];
  for (const mutant of IN_A_MINUTE) {
    it(mutant.name, async ({ skip }) => {
      const spoiled = mutant.apply(await recording(), createRandom(SEED));
      if (!spoiled) {
        without.push(mutant.name);
        return skip("this minute has nothing that it could be done to");
      }
      expect(Object.keys(check(spoiled).figures.found)).toContain(mutant.rule);
    });
  }

  it("nearly all of them: few mutants find nothing in a minute to be made of", () => {
    expect(without.length, without.join(", ")).toBeLessThanOrEqual(4);
  });
});

const entries: Entry[] = [];
async function recording(): Promise<readonly Entry[]> {
  if (entries.length === 0) for await (const entry of readRecording(file)) entries.push(entry);
  return entries;
}
