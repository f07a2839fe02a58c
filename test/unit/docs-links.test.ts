import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { anchors, DOCUMENTS, links, reachableFrom, resolveLink } from "../support/documents.ts";

describe.each([...DOCUMENTS])("%s", (path, text) => {
  it("links only to what is there", () => {
    const broken = links(text).filter((target) => {
      const leads = resolveLink(path, target);
      if (leads === undefined) return !URL.canParse(target);
      const document = DOCUMENTS.get(leads.path);
      if (leads.anchor === undefined || document === undefined) return !existsSync(leads.path);
      return !anchors(document).includes(leads.anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe("a reader who begins with README.md", () => {
  const reached = reachableFrom("README.md");

  it("finds every document of docs/ by its links", () => {
    const lost = [...DOCUMENTS.keys()].filter((path) => path.startsWith("docs/") && !reached.has(path));
    expect(lost).toEqual([]);
  });

  it("finds each page of docs/ on README.md itself, with a line about it", () => {
    const pages = [...DOCUMENTS.keys()].filter((path) => /^docs\/[^/]+\.md$/.test(path));
    const listed = (DOCUMENTS.get("README.md") ?? "").split("\n## Docs\n")[1] ?? "";
    expect(pages.filter((path) => !listed.includes(`[${path}](${path}): `))).toEqual([]);
  });
});

describe("the anchors of headings", () => {
  it("are those of GitHub", () => {
    const text =
      "# `a.b` & C-d?\n\n## Same\n\n```sh\n# no heading\n```\n\n## Same\n\n## See [this](x.md)\n\n## 快速开始";
    expect(anchors(text)).toEqual(["ab--c-d", "same", "same-1", "see-this", "快速开始"]);
  });
});
