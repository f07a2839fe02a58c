import { describe, expect, it } from "vitest";
import { codeBlocks, DOCUMENTS, headings, inlineCode, links, prose } from "../support/documents.ts";

const ORIGINAL = DOCUMENTS.get("README.md") ?? "";
const TRANSLATION = DOCUMENTS.get("README.zh-CN.md") ?? "";

/** What stands below each heading; a translation may put things in another order within it. */
function sections(text: string): string[] {
  return text.split(/^(?=#{1,6} )/m);
}

function tables(text: string): { rows: number; columns: number[] }[] {
  return [...prose(text).matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) => {
    const rows = table.trim().split("\n");
    return { rows: rows.length, columns: rows.map((row) => row.split(/(?<!\\)\|/).length - 2) };
  });
}

/** Comments are translated, the rest is not. */
function uncommented({ language, code }: { language: string; code: string }): string {
  const comment = { sh: /(^|\s)#.*$/gm, ts: /(^|\s)\/\/.*$/gm, yaml: /(^|\s)#.*$/gm }[language];
  return `${language}\n${comment ? code.replaceAll(comment, "$1") : code}`;
}

describe("README.zh-CN.md says what README.md says, by", () => {
  it("the same headings", () => {
    expect(headings(TRANSLATION).map(({ level }) => level)).toEqual(
      headings(ORIGINAL).map(({ level }) => level),
    );
  });

  it("the same code, but for its comments", () => {
    expect(codeBlocks(TRANSLATION).map(uncommented)).toEqual(codeBlocks(ORIGINAL).map(uncommented));
  });

  it("tables of the same shapes", () => {
    expect(tables(ORIGINAL).length).toBeGreaterThan(0);
    expect(tables(TRANSLATION)).toEqual(tables(ORIGINAL));
  });

  it("as many items in each list", () => {
    const items = (text: string) => sections(text).map((section) => section.match(/^- /gm)?.length ?? 0);
    expect(items(TRANSLATION)).toEqual(items(ORIGINAL));
  });

  it("links and images that lead to the same places, section by section", () => {
    const targets = (text: string) =>
      sections(text).map((section) => links(section.replaceAll("README.zh-CN.md", "README.md")).sort());
    expect(targets(TRANSLATION)).toEqual(targets(ORIGINAL));
  });

  it("the same names in code, section by section", () => {
    const names = (text: string) => sections(text).map((section) => [...new Set(inlineCode(section))].sort());
    expect(names(TRANSLATION)).toEqual(names(ORIGINAL));
  });

  it("the same numbers, section by section", () => {
    const numbers = (text: string) =>
      sections(text).map((section) => section.match(/(?<![\w.])\d+(\.\d+)+/g)?.sort() ?? []);
    expect(numbers(TRANSLATION)).toEqual(numbers(ORIGINAL));
  });
});
