import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import pLimit from "p-limit";
import { stringify } from "yaml";
import { type Group, isAlert, nameOf, type Rule, titleOf } from "../../prometheus/src/rule.ts";
import { type Mutant, mutantsOf } from "./rule-mutants.ts";
import { RULE_FILES, RULE_TEST_FILES, readRuleTests, readYaml, seriesBelow } from "./rules.ts";
import { makeFolder } from "./temporary-server.ts";

interface PlacedMutant extends Mutant {
  original: Rule;
  group: string;
  file: string;
}

/** Where the last run is recorded in which nothing survived but what is listed. */
export const MUTATION_RECORD = "test/golden/rule-mutants.json";

/** Of the rules' files and their tests' as they are. */
export function digestOfRules(): string {
  const hash = createHash("sha256");
  for (const path of [...RULE_FILES, ...RULE_TEST_FILES].toSorted())
    hash.update(path).update(readFileSync(path));
  return hash.digest("hex");
}

export interface MutationResult {
  total: number;
  /** `rule: change` of those that no test noticed */
  survived: string[];
}

/**
 * Alters every rule in every way, and runs the tests that look at it. As a run costs the same however many rules are
 * altered, one carries a mutant of every rule that it can tell from the others by what fails; who then seems to have
 * survived is run alone.
 */
export async function runMutants(promtool: string, atOnce: number): Promise<MutationResult> {
  const mutants = placedMutants();
  const limit = pLimit(atOnce);
  const suspects = await limit.map(batchesOf(mutants), async (batch) => {
    const output = await outputOf(promtool, batch);
    return batch.filter((mutant) => !isToldBy(output, mutant));
  });
  const survived = await limit.map(suspects.flat(), async (mutant) => {
    const output = await outputOf(promtool, [mutant]);
    return output.includes("FAILED") ? [] : [`${titleOf(mutant.original)}: ${mutant.change}`];
  });
  return { total: mutants.length, survived: survived.flat().toSorted() };
}

function placedMutants(): PlacedMutant[] {
  return RULE_FILES.flatMap((file) =>
    readYaml<{ groups: Group[] }>(file).groups.flatMap(({ name: group, rules }) =>
      rules.flatMap((original) =>
        mutantsOf(original).map((mutant) => ({ ...mutant, original, group, file })),
      ),
    ),
  );
}

/** Together go rules of one group that a failure tells apart, and none of which reads another one. */
function batchesOf(mutants: readonly PlacedMutant[]): PlacedMutant[][] {
  const batches: PlacedMutant[][] = [];
  for (const mutant of mutants) {
    const fits = batches.find((batch) => batch.every((other) => areApart(mutant, other)));
    if (fits) fits.push(mutant);
    else batches.push([mutant]);
  }
  return batches;
}

function areApart(one: PlacedMutant, other: PlacedMutant): boolean {
  const apart = isAlert(one.original) ? titleOf : nameOf;
  return (
    one.group === other.group &&
    isAlert(one.original) === isAlert(other.original) &&
    apart(one.original) !== apart(other.original) &&
    !seriesBelow(one.original.expr).includes(nameOf(other.original)) &&
    !seriesBelow(other.original.expr).includes(nameOf(one.original))
  );
}

/** Those that ask for one of the batch by its name. */
function testFilesFor(batch: readonly PlacedMutant[]): string[] {
  const names = batch.map(({ original }) => nameOf(original));
  const isAsked = (asked: string) => names.some((name) => asked.includes(name));
  return RULE_TEST_FILES.filter((path) =>
    readRuleTests(path).tests.some(
      ({ alert_rule_test: alerts = [], promql_expr_test: exprs = [] }) =>
        alerts.some(({ alertname }) => isAsked(alertname)) || exprs.some(({ expr }) => isAsked(expr)),
    ),
  );
}

/** What promtool says where rules of one file are altered: the names of what failed. */
async function outputOf(promtool: string, mutants: readonly PlacedMutant[]): Promise<string> {
  const folder = makeFolder();
  cpSync("prometheus/rules", join(folder, "rules"), { recursive: true });
  cpSync("prometheus/tests", join(folder, "tests"), { recursive: true });
  const file = mutants[0]?.file ?? "";
  const replaced = readYaml<{ groups: Group[] }>(file).groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => mutants.find(({ original }) => isSame(original, rule))?.rule ?? rule),
  }));
  writeFileSync(join(folder, "rules", basename(file)), stringify({ groups: replaced }));
  const paths = testFilesFor(mutants).map((path) => join(folder, "tests", basename(path)));
  return await new Promise<string>((resolve, reject) => {
    execFile(promtool, ["test", "rules", ...paths], { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      const output = stdout + stderr;
      // What does not load is no mutant: nothing was tested.
      if (error && !/exp: ?|got: ?|err:/.test(output)) reject(new Error(output));
      else resolve(output);
    });
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

function isSame(one: Rule, other: Rule): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether what failed is this rule: an alert of its labels that was missing, too many, or said something else. */
function isToldBy(output: string, { original }: PlacedMutant): boolean {
  const name = nameOf(original);
  if (!isAlert(original)) {
    return output.split("\n").some((line) => line.trimStart().startsWith("expr: ") && line.includes(name));
  }
  const { severity: _, ...labels } = original.labels;
  const own = Object.entries({ alertname: name, ...labels }).map(([label, value]) => `${label}="${value}"`);
  return output.split(/^ +alertname: /m).some((failure) => {
    const [expected = [], got = []] = failure
      .split(/^ +got:\[/m)
      .map((side) =>
        side.match(/Labels:\{.*\n.*\}/g)?.filter((alert) => own.every((label) => alert.includes(label))),
      );
    return expected.join("\n") !== got.join("\n");
  });
}
