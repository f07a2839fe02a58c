import { existsSync } from "node:fs";
import openapi from "../../docs/openapi.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };
import { COMMANDS, type CommandName } from "../../src/config/setting.ts";
import { loadConfig } from "../../src/config.ts";
import type { Words } from "./shell-words.ts";

const DATABASE_URL = "postgres://user@host/database";
const PROJECTS = ["unit", "integration", "http", "soak", "e2e"];

/** What is wrong with a command of ours that a document shows; undefined where nothing is, or it is not ours. */
export function faultOf(words: Words): string | undefined {
  try {
    checkCommand(words.map(withoutVariables));
    return undefined;
  } catch (error) {
    return `${words.join(" ")}: ${Object(error).message}`;
  }
}

/** A variable stands for what its place has: something that parses. */
function withoutVariables(word: string): string {
  return word.replaceAll(/\$\{?\w*URL\w*\}?(?=$)/g, DATABASE_URL).replaceAll(/\$\{?\w+\}?/g, "x");
}

function checkCommand([program = "", ...rest]: Words): void {
  if (program === "npm") checkNpm(rest);
  else if (program === "npx") checkNpx(rest);
  else if (program === "tts-monitor") checkOurs(rest);
  else if (program === "node" && rest[0]?.endsWith("dist/cli.js")) checkOurs(rest.slice(1));
  else if (program === "curl") checkCurl(rest);
}

function checkOurs(words: Words): void {
  const asked = words.filter((word) => !/^(--help|-h|--version|COMMAND)$/.test(word));
  if (asked.length < words.length && asked.length === 0) return;
  const length = isCommand(asked.slice(0, 2).join(" ")) ? 2 : 1;
  const command = asked.slice(0, length).join(" ");
  if (!isCommand(command)) throw new Error("there is no such command");
  loadConfig(command, asked.slice(length).map(withFile), { DATABASE_URL });
}

/** A file that is read at once is one that its place has. */
function withFile(word: string, index: number, words: Words): string {
  if (words[index - 1] === "--database.password-file") return "LICENSE";
  return word.replace(/^(--database\.password-file=).*/, "$1LICENSE");
}

function isCommand(word: string): word is CommandName {
  return COMMANDS.some((command) => command === word);
}

const OF_NPM = ["ci", "sbom", "audit", "pack", "ls"];

function checkNpm([verb = "", ...rest]: Words): void {
  if (OF_NPM.includes(verb)) return;
  const [script = "", ...after] = verb === "run" ? rest : [verb, ...rest];
  const line = Object.entries(manifest.scripts).find(([name]) => name === script)?.[1];
  if (line === undefined) throw new Error("there is no such script");
  const [program, file, ...own] = line.split(" ");
  if (program === "node" && file === "dist/cli.js")
    checkOurs([...own, ...after.filter((word) => word !== "--")]);
}

function checkNpx([program = "", ...rest]: Words): void {
  const files = rest.filter((word) => /\.tsx?$/.test(word));
  const missing = files.find((file) => !existsSync(file));
  if (missing) throw new Error(`there is no ${missing}`);
  const projects = rest.filter((_, index) => rest[index - 1] === "--project");
  const unknown = projects.find((project) => !PROJECTS.includes(project));
  if (program === "vitest" && unknown) throw new Error(`there is no project ${unknown}`);
}

// The exporter stands at 9560 or at $URL, whose last character is not a variable's any more.
const EXPORTER = /^(?:https?:\/\/[\w.-]+:9560|x|postgres:\/\/user@host\/database)(\/[^?#]*)/;

function checkCurl(words: Words): void {
  const path = words.map((word) => EXPORTER.exec(word)?.[1]).find((found) => found !== undefined);
  if (path === undefined) return;
  const method = /\s-(X POST|d)\b/.test(` ${words.join(" ")}`) ? "post" : "get";
  const known = Object.entries(openapi.paths).some(
    ([template, methods]) =>
      Object.hasOwn(methods, method) && RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
  );
  if (!known && path !== "/") throw new Error(`the exporter does not answer ${method} ${path}`);
}
