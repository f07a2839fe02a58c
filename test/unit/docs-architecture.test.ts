import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const ELSEWHERE = /^(alertmanager|grafana|migrations|prometheus|src|test)\//;

/** `db/{start,end}-store.ts` as two paths, `collectors/*` as the folder. */
function pathsOf(word: string): string[] {
  const [, before = "", choices = "", after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(word) ?? [];
  const words = choices === "" ? [word] : choices.split(",").map((choice) => before + choice + after);
  return words.map((path) => (ELSEWHERE.test(path) ? path : `src/${path}`).replace(/\*$/, ""));
}

it("every file that the architecture names is there", () => {
  const named = [...readFileSync("docs/architecture.md", "utf8").matchAll(/`([\w{},./*-]+)`/g)]
    .map(([, word = ""]) => word)
    .filter((word) => /^\w.*(\.(ts|sql|yml|json)$|\/)/.test(word));
  expect(named.length).toBeGreaterThan(50);
  expect(named.flatMap(pathsOf).filter((path) => !existsSync(path))).toEqual([]);
});
