import { describe, expect, it } from "vitest";
import { check } from "../../chaos/checker/check.ts";
import { EVIDENCE } from "../../chaos/checker/evidence.ts";
import { formatViolation } from "../../chaos/checker/report.ts";
import type { FaultKind } from "../../chaos/faults/kinds.ts";
import { mutants } from "../../chaos/mutants/list.ts";
import type { Entry } from "../../chaos/recording/entries.ts";
import { createRandom } from "../../chaos/stage/random.ts";
import { simulateRecording } from "../support/chaos-simulation.ts";

const SEED = 1;
const CLEAN = simulateRecording(createRandom(SEED));
const found = (entries: readonly Entry[]) => check(entries).figures.found;

it("a clean recording has no violation, and every rule that can has compared something", () => {
  const { violations, figures } = check(CLEAN);
  expect(violations.map((violation) => formatViolation(violation, { minutes: 5, seed: 1 }))).toEqual([]);
  const idle = Object.keys(figures.compared).filter((rule) => figures.compared[rule] === 0);
  expect(idle).toEqual(["verdicts"]);
});

describe("each mutant of a clean recording is caught by its rule", () => {
  for (const mutant of mutants) {
    it(mutant.name, () => {
      const broken = mutant.apply(CLEAN, createRandom(SEED));
      if (!broken) throw new Error("it does not apply to the simulated recording");
      expect(found(broken)).toHaveProperty([mutant.rule]);
    });
  }
});

it("a mutant leaves the recording that it is made of as it is", () => {
  const before = JSON.stringify(CLEAN);
  for (const mutant of mutants) mutant.apply(CLEAN, createRandom(SEED));
  expect(JSON.stringify(CLEAN)).toBe(before);
});

it("a fault of any kind that nobody sees is found, but of those that may be masked, which are counted", () => {
  const kinds = Object.keys(EVIDENCE) as FaultKind[];
  const index = CLEAN.findLastIndex((entry) => entry.type === "phase" && entry.name === "quiet");
  const at = 200_000;
  const faults = kinds.flatMap((kind, number): Entry[] => [
    { type: "fault", what: "begin", at, id: 1000 + number, kind, targets: ["exporter-2", "worker-3"] },
    { type: "fault", what: "end", at: at + 10, id: 1000 + number },
  ]);
  const { figures } = check([...CLEAN.slice(0, index + 1), ...faults, ...CLEAN.slice(index + 1)]);
  const mayBeMasked = kinds.filter((kind) => EVIDENCE[kind].mayBeMasked !== undefined);
  expect(Object.keys(figures.masked).sort()).toEqual(mayBeMasked.sort());
  expect(figures.found).toEqual({ traces: kinds.length - mayBeMasked.length });
});

it("a violation says what was wrong, in which scrapes and series, amid which faults, and how to see it again", () => {
  const fault: Entry = {
    type: "fault",
    what: "begin",
    at: 200_000,
    id: 99,
    kind: "prune",
    targets: ["exporter-2"],
  };
  const ended: Entry = { type: "fault", what: "end", at: 201_000, id: 99 };
  let fallen = false;
  const broken = CLEAN.flatMap((entry): Entry[] => {
    if (entry.type === "phase" && entry.at === 200_000) return [entry, fault, ended];
    if (fallen || entry.type !== "scrape" || entry.part !== "exporter-2" || entry.begin < 201_000)
      return [entry];
    fallen = true;
    return [{ ...entry, body: entry.body.replace(/^(tts_db_tasks_deduplicated_total) .*$/m, "$1 0") }];
  });
  const violation = check(broken).violations.find(({ rule }) => rule === "falls");
  expect(violation && formatViolation(violation, { minutes: 5, seed: 7 })).toMatch(
    /^falls: a counter has fallen\n {2}at [\d.]+ s\n {2}scrape of exporter-2 \(life 1\) from [\d.]+ ms to [\d.]+ ms\n {2}scrape of exporter-2 .*\n {2}series tts_db_tasks_deduplicated_total\n {2}before: \d+\n {2}after: 0\n {2}fault 99 prune on exporter-2 from 200\.000 s to 201\.000 s\n {2}again: npm run chaos -- --minutes 5 --seed 7\n/,
  );
});
