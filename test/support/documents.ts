import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const NOT_OURS = new Set(["node_modules", "dist", "coverage"]);

/** The repository's documents, by their paths: every Markdown file that is neither a package's nor hidden. */
export const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  filesOf(".")
    .filter((path) => path.endsWith(".md"))
    .sort()
    .map((path) => [path, readFileSync(path, "utf8")]),
);

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}

export interface CodeBlock {
  language: string;
  code: string;
}

const FENCED = /^( *)```(\S*)\n([\s\S]*?)^\1```$/gm;

/** Fenced code, without the indentation of the list that it stands in. */
export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(FENCED)].map(([, indent = "", language = "", code = ""]) => ({
    language,
    code: code.replaceAll(RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** The text without its fenced code. */
export function prose(text: string): string {
  return text.replaceAll(FENCED, "");
}

/** Code in the running text, as it reads. */
export function inlineCode(text: string): string[] {
  return [...prose(text).matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll(/\s+/g, " "));
}

interface Heading {
  level: number;
  title: string;
}

export function headings(text: string): Heading[] {
  return [...prose(text).matchAll(/^(#{1,6}) +(.+)$/gm)].map(([, marks = "", title = ""]) => ({
    level: marks.length,
    title,
  }));
}

/** Where links and images lead, as they stand there. */
export function links(text: string): string[] {
  const plain = prose(text).replaceAll(/`[^`]+`/g, "``");
  const inline = [...plain.matchAll(/\]\(([^)\s]+)\)/g)];
  const html = [...plain.matchAll(/\b(?:href|src|srcset)="([^"\s]+)"/g)];
  return [...inline, ...html].map(([, target = ""]) => target);
}

/** The anchors of a document's headings, by GitHub's rule: a title that comes again gets a number. */
export function anchors(text: string): string[] {
  const seen = new Map<string, number>();
  return headings(text).map(({ title }) => {
    const slug = slugOf(title);
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

function slugOf(title: string): string {
  return title
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

/** Of a relative link, from the repository's root, and what follows its `#`; undefined for a link to elsewhere. */
export function resolveLink(from: string, target: string): { path: string; anchor?: string } | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : normalize(join(dirname(from), decodeURI(file)));
  return { path, ...(anchor !== undefined && { anchor: decodeURI(anchor) }) };
}

/** The documents that a reader finds from this one by its links; a link to a folder leads to all that is in it. */
export function reachableFrom(start: string): Set<string> {
  const reached = new Set<string>();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = DOCUMENTS.get(path);
    if (text !== undefined) waiting.push(...links(text).flatMap((target) => leadsTo(path, target)));
  }
  return reached;
}

function leadsTo(from: string, target: string): string[] {
  const path = resolveLink(from, target)?.path;
  if (path === undefined) return [];
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? filesOf(path) : [path];
}
