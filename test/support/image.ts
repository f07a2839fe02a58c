import { cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { copiesOf, healthCheckOf, instructionsOf, lastOf, pairsOf, wordsOf } from "./dockerfile.ts";

export interface Image {
  /** the folder that stands for its working directory */
  folder: string;
  /** program and arguments, with those of CMD */
  command: string[];
  healthCheck: string[];
  environment: Record<string, string>;
}

/**
 * Puts into a folder what our Dockerfile puts into a stage's working directory, line by line, from what is built and
 * installed here. No image is made of it: the program runs on this machine's Node.js and libraries.
 */
export function assembleImage(stage: string, folder: string): Image {
  for (const { stage: from, sources, target } of copiesOf(instructionsOf(stage))) {
    for (const source of sources) {
      if (basename(source) === "node_modules" && from) installInto(join(folder, target), from);
      else copy(from === undefined ? source : basename(source), join(folder, target));
    }
  }
  return {
    folder,
    command: [...wordsOf(lastOf(stage, "ENTRYPOINT")), ...wordsOf(lastOf(stage, "CMD"))],
    healthCheck: healthCheckOf(stage),
    environment: pairsOf(stage, "ENV"),
  };
}

/** A file into a folder, the content of a folder into a folder. */
function copy(source: string, target: string): void {
  const isFile = statSync(source).isFile();
  cpSync(source, isFile ? join(target, basename(source)) : target, { recursive: true });
}

/** What a stage's `npm ci` would install, by package-lock.json and its flags, without what the stage takes away. */
function installInto(target: string, stage: string): void {
  const commands = instructionsOf(stage)
    .filter(({ word }) => word === "RUN")
    .flatMap(({ args }) => args.split("&&").map((command) => command.trim()));
  const install = commands.find((command) => command.startsWith("npm ci")) ?? "";
  const removed = commands
    .filter((command) => command.startsWith("rm -rf "))
    .flatMap((command) => command.split(/\s+/).slice(2));
  const omits = (kind: string) => install.includes(`--omit=${kind}`);
  for (const [path, { dev, optional, devOptional }] of lockedPackages()) {
    if ((dev && omits("dev")) || (optional && omits("optional"))) continue;
    if (devOptional && omits("dev") && omits("optional")) continue;
    if (removed.some((one) => path === one || path.startsWith(`${one}/`))) continue;
    // A package for another system.
    if (optional && !existsSync(path)) continue;
    const filter = (from: string) => from === path || basename(from) !== "node_modules";
    cpSync(path, join(target, "..", path), { recursive: true, filter });
  }
}

interface Locked {
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

function lockedPackages(): [string, Locked][] {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(packages).filter(([path]) => path !== "");
}
