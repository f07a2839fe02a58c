import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DOCUMENTED_COMMANDS, type DocumentedCommand } from "../support/documented-commands.ts";
import { faultOf } from "../support/documented-parse.ts";
import { codeBlocks, DOCUMENTS, inlineCode } from "../support/documents.ts";
import { commandsIn, type Words } from "../support/shell-words.ts";

interface Shown {
  path: string;
  words: Words;
}

const BLOCKS: Shown[] = [...DOCUMENTS].flatMap(([path, text]) =>
  codeBlocks(text)
    .filter(({ language }) => language === "sh")
    .flatMap(({ code }) => commandsIn(code).map((words) => ({ path, words }))),
);
// Placeholders in capitals, as in "tts-monitor COMMAND --help", have no meaning to a parser but as values.
const INLINE: Shown[] = [...DOCUMENTS].flatMap(([path, text]) =>
  inlineCode(text)
    .filter((code) => /^(tts-monitor|node dist\/cli\.js|npm|npx) /.test(code))
    .flatMap((code) => commandsIn(code).map((words) => ({ path, words }))),
);

const inWords = ({ path, words }: Shown) => `${path}: ${words.join(" ")}`;

function entryOf({ path, words }: Shown): DocumentedCommand | undefined {
  const fits = DOCUMENTED_COMMANDS.filter(
    (entry) =>
      (entry.in === undefined || entry.in === path) &&
      entry.begins.split(" ").every((word, index) => word === words[index]),
  );
  const weight = ({ begins, in: only }: DocumentedCommand) => begins.length + (only === undefined ? 0 : 1000);
  return fits.sort((a, b) => weight(b) - weight(a))[0];
}

describe("each command that a document shows", () => {
  it("is run by a test that is named, or says why it is not", () => {
    expect(BLOCKS.length).toBeGreaterThan(80);
    expect(BLOCKS.filter((shown) => entryOf(shown) === undefined).map(inWords)).toEqual([]);
  });

  it("exists, with these flags and values, where it is ours", () => {
    expect([...BLOCKS, ...INLINE].map(({ words }) => faultOf(words)).filter(Boolean)).toEqual([]);
  });
});

describe("the list of documented commands", () => {
  it("has nothing that no document shows", () => {
    const used = new Set(BLOCKS.map(entryOf));
    expect(DOCUMENTED_COMMANDS.filter((entry) => !used.has(entry)).map(({ begins }) => begins)).toEqual([]);
  });

  it.each(DOCUMENTED_COMMANDS)("says of $begins either which test runs it or why none does", (entry) => {
    const { begins, runBy, as = begins.split(" ").at(-1) ?? "", notRun } = entry;
    expect([runBy, notRun].filter(Boolean)).toHaveLength(1);
    if (runBy === undefined) return;
    expect(existsSync(runBy)).toBe(true);
    expect(readFileSync(runBy, "utf8")).toContain(as);
  });
});

describe("what is looked for in a command", () => {
  it.each([
    ["npm run nothing", "there is no such script"],
    ["npm run demo -- --rate 0", "--rate must be"],
    ["tts-monitor nothing", "there is no such command"],
    ["tts-monitor limit --concurrency.global 0", "--concurrency.global must be"],
    ["node dist/cli.js migrate --grant.nobody x", "unknown flag --grant.nobody"],
    ["npx vitest run test/unit/nothing.test.ts", "there is no test/unit/nothing.test.ts"],
    ["npx vitest run --project nothing", "there is no project nothing"],
    ["curl -sS http://localhost:9560/api/nothing", "does not answer get /api/nothing"],
    ['curl -X POST "$URL/api/tasks?limit=1/x"', undefined],
    ['curl "$URL/api/task/retry/5"', "does not answer get /api/task/retry/5"],
  ])("%s", (command, fault) => {
    const [words = []] = commandsIn(command);
    if (fault === undefined) expect(faultOf(words)).toBeUndefined();
    else expect(faultOf(words)).toContain(fault);
  });

  it("its words are those of a shell", () => {
    const script = [
      "# a comment",
      "A=1 one 'two three' | four \"$(five six)\" > file # after",
      "seven \\",
      "  --eight && nine <<'END'",
      "ten",
      "END",
      "eleven;twelve#no 2>&1 || B=2",
      "for x in a b; do if ! thirteen; then fourteen; fi; done",
    ].join("\n");
    expect(commandsIn(script)).toEqual([
      ["one", "two three"],
      ["four", "$(five six)"],
      ["seven", "--eight"],
      ["nine"],
      ["eleven"],
      ["twelve#no"],
      ["thirteen"],
      ["fourteen"],
    ]);
  });
});
