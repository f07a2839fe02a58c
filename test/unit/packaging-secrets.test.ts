import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { COMPOSE } from "../support/compose.ts";

const SCRIPT = "deploy/compose/make-secrets.sh";
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tts-monitor-secrets-"));
  mkdirSync(join(folder, "deploy/compose"), { recursive: true });
  cpSync(SCRIPT, join(folder, SCRIPT));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The secrets, after a run of the script from elsewhere. */
function made(): Map<string, string> {
  execFileSync("sh", [join(folder, SCRIPT)], { cwd: tmpdir() });
  const names = readdirSync(join(folder, "secrets"));
  return new Map(names.map((name) => [name, readFileSync(join(folder, "secrets", name), "utf8")]));
}

it("every secret that compose names is made, and no other, each different", () => {
  const secrets = made();
  const named = Object.values(COMPOSE.secrets).map(({ file }) => basename(file));
  expect([...secrets.keys()].toSorted()).toEqual(named.toSorted());
  expect(new Set(secrets.values()).size).toBe(named.length);
  for (const [name, text] of secrets) {
    expect(text, name).toMatch(name === "slack-webhook-url.txt" ? /^http:\S+\n$/ : /^[0-9a-f]{64}\n$/);
  }
});

it("the containers' users can read them, and nobody else enters the folder", () => {
  const names = [...made().keys()];
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect(mode(join(folder, "secrets"))).toBe(0o700);
  for (const name of names) expect(mode(join(folder, "secrets", name)), name).toBe(0o644);
});

it("a secret that is there stays as it is", () => {
  const before = made();
  writeFileSync(join(folder, "secrets/api-token.txt"), "mine\n");
  expect(made()).toEqual(new Map([...before, ["api-token.txt", "mine\n"]]));
});

it("git and the image's build leave them out", () => {
  expect(readFileSync(".gitignore", "utf8").split("\n")).toContain("/secrets/");
  for (const { file } of Object.values(COMPOSE.secrets)) expect(file).toMatch(/^\.\/secrets\/[\w-]+\.txt$/);
});
