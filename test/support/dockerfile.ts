import { readFileSync } from "node:fs";

interface Instruction {
  /** in capitals */
  word: string;
  args: string;
}

export interface Stage {
  name: string;
  /** an image, or another stage's name */
  from: string;
  instructions: Instruction[];
}

interface Copy {
  /** undefined: the build's context */
  stage: string | undefined;
  sources: string[];
  target: string;
}

/** The stages of our Dockerfile, in its order. */
export const STAGES = readStages(readFileSync("Dockerfile", "utf8"));

/** A stage's instructions after those of the stages that it builds on. */
export function instructionsOf(name: string): Instruction[] {
  const { from, instructions } = stageCalled(name);
  const below = STAGES.some((stage) => stage.name === from) ? instructionsOf(from) : [];
  return [...below, ...instructions];
}

/** The last of an instruction in a stage, or in what it builds on. */
export function lastOf(name: string, word: string): string {
  const found = instructionsOf(name).findLast((instruction) => instruction.word === word);
  if (!found) throw new Error(`the stage ${name} of the Dockerfile has no ${word}`);
  return found.args;
}

/** `KEY=value` and `KEY="value"` of all of an instruction in a stage and what it builds on. */
export function pairsOf(name: string, word: string): Record<string, string> {
  const pairs = instructionsOf(name)
    .filter((instruction) => instruction.word === word)
    .flatMap(({ args }) => [...args.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)]);
  return Object.fromEntries(pairs.map(([, key = "", quoted, plain]) => [key, quoted ?? plain ?? ""]));
}

export function copiesOf(instructions: readonly Instruction[]): Copy[] {
  return instructions
    .filter(({ word }) => word === "COPY")
    .map(({ args }) => {
      const [, stage] = /^--from=(\S+) /.exec(args) ?? [];
      const paths = args.split(/\s+/).filter((word) => !word.startsWith("--"));
      return { stage, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
    });
}

/** The program and its arguments of an instruction in the form of a JSON list: no shell stands between. */
export function wordsOf(args: string): string[] {
  return JSON.parse(args.slice(args.indexOf("["))) as string[];
}

/** What asks in a stage's container whether it is healthy. */
export function healthCheckOf(name: string): string[] {
  return wordsOf(lastOf(name, "HEALTHCHECK"));
}

function stageCalled(name: string): Stage {
  const found = STAGES.find((stage) => stage.name === name);
  if (!found) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
}

function readStages(text: string): Stage[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n");
  const stages: Stage[] = [];
  for (const line of lines.filter((one) => one.trim() !== "")) {
    const [, word = "", args = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const [, from = "", name = ""] = (word === "FROM" && /^(\S+) AS (\S+)$/.exec(args)) || [];
    if (word === "FROM") stages.push({ name, from, instructions: [] });
    else stages.at(-1)?.instructions.push({ word, args });
  }
  return stages;
}
