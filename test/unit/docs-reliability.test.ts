import { expect, it } from "vitest";
import { KINDS } from "../../chaos/faults/kinds.ts";
import { mutants } from "../../chaos/mutants/list.ts";
import { DOCUMENTS } from "../support/documents.ts";

const RELIABILITY = DOCUMENTS.get("docs/reliability.md");

it("docs/reliability.md says how many kinds of fault there are, as the guarantees do, and how many mutants", () => {
  const kinds = `${Object.keys(KINDS).length} kinds`;
  expect(RELIABILITY).toContain(`of ${kinds}`);
  expect(DOCUMENTS.get("docs/guarantees.md")).toContain(`${kinds} of fault`);
  expect(RELIABILITY).toContain(`${mutants.length} ways to spoil`);
  expect(RELIABILITY).toContain(`for three of them`);
  expect(mutants.filter(({ rule }) => rule === "memory")).toHaveLength(3);
});

it("docs/reliability.md has the figures of every kind of fault and no violation", () => {
  for (const kind of Object.keys(KINDS))
    expect(RELIABILITY).toMatch(new RegExp(`^\\| \`${kind}\` .*\\| [1-9]`, "m"));
  expect(RELIABILITY).toMatch(/^\| all .*\| 0 +\|$/m);
});
