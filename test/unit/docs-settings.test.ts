import { describe, expect, it } from "vitest";
import { COMMANDS, variablesOf } from "../../src/config/setting.ts";
import { SETTINGS, settingsOf } from "../../src/config/settings.ts";
import { helpFor } from "../../src/config.ts";
import { FOREIGN_FLAGS, FOREIGN_VARIABLES } from "../support/documented-commands.ts";
import { DOCUMENTS } from "../support/documents.ts";

const WRITTEN = [...DOCUMENTS].filter(([path]) => path !== "CHANGELOG.md");
const REFERENCE = DOCUMENTS.get("docs/configuration.md") ?? "";

/** Flags by name; a link's `#--…` and the dashes of tables are none. */
function flagsIn(text: string): string[] {
  const found = text.matchAll(/(?<![\w#/.-])--(?:\[no-\])?([a-z][a-z0-9.:-]*[a-z0-9])/g);
  return [...new Set([...found].map(([, name = ""]) => `--${name}`))].sort();
}

/** Each thing that documents mention, and where. */
function mentions(of: (text: string) => string[]): [mention: string, documents: string[]][] {
  const all = new Map<string, string[]>();
  for (const [path, text] of WRITTEN) {
    for (const mention of of(text)) all.set(mention, [...(all.get(mention) ?? []), path]);
  }
  return [...all];
}

const OURS = new Set([
  "--help",
  "--version",
  ...Object.entries(SETTINGS).flatMap(([name, { kind }]) =>
    kind.placeholder === "" ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  ),
]);

describe("flags in documents", () => {
  const mentioned = mentions(flagsIn);

  it.each(mentioned)("%s is one that a command takes", (flag) => {
    expect(OURS.has(flag) || flag in FOREIGN_FLAGS).toBe(true);
  });

  it("of other programs are named as such only where they are mentioned, and are not ours", () => {
    const names = mentioned.map(([flag]) => flag);
    expect(Object.keys(FOREIGN_FLAGS).filter((flag) => OURS.has(flag) || !names.includes(flag))).toEqual([]);
  });
});

describe("variables in documents", () => {
  const variables = new Set(
    Object.entries(SETTINGS).flatMap(([name, setting]) => variablesOf(name, setting)),
  );
  const mentioned = mentions((text) => [...new Set(text.match(/\bTTS_MONITOR_[A-Z_]*[A-Z]\b/g))]);

  it.each(mentioned)("%s is one that is read", (variable) => {
    expect(variables.has(variable) || variable in FOREIGN_VARIABLES).toBe(true);
  });

  it("of other programs are named as such only where they are mentioned", () => {
    const names = mentioned.map(([variable]) => variable);
    expect(Object.keys(FOREIGN_VARIABLES).filter((variable) => !names.includes(variable))).toEqual([]);
  });
});

describe("docs/configuration.md", () => {
  it.each(COMMANDS)("has every flag in the help of %s, and no other one", (command) => {
    const section = REFERENCE.split(`\n### ${command}\n`)[1]?.split("\n###")[0] ?? "";
    const offered = flagsIn(helpFor(command)).filter((flag) => flag !== "--help");
    expect(offered.length).toBeGreaterThan(0);
    expect(flagsIn(section)).toEqual(offered);
  });

  it("has the variables of a worker", () => {
    const section = REFERENCE.split("\n### worker\n")[1] ?? "";
    const read = settingsOf("worker").flatMap(([name, setting]) => variablesOf(name, setting));
    expect(section.match(/`[A-Z_]+`/g)?.map((name) => name.slice(1, -1))).toEqual(read);
  });

  it.each(Object.entries(SETTINGS))("tells of --%s what the help tells", (name, setting) => {
    const row = REFERENCE.split("\n").find((line) => RegExp(`^\\| \`--${name}[ \`]`).test(line)) ?? "";
    expect(row).toContain(`| ${setting.help} |`);
  });
});
