import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/config/setting.ts";
import {
  copiesOf,
  healthCheckOf,
  instructionsOf,
  lastOf,
  pairsOf,
  STAGES,
  wordsOf,
} from "../support/dockerfile.ts";
import { expectTaken } from "../support/known-settings.ts";

const MANIFEST = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, string> & {
  engines: { node: string };
};
const { paths: ROUTES } = JSON.parse(readFileSync("docs/openapi.json", "utf8")) as { paths: object };
const NAMES = STAGES.map(({ name }) => name);
const RUNNING = ["runtime", "demo"];
const RUNS = STAGES.flatMap(({ name, instructions }) =>
  instructions.filter(({ word }) => word === "RUN").map(({ args }) => ({ name, args })),
);

describe("the images", () => {
  it("build on one exact version of Node.js, one that the package runs on", () => {
    const bases = new Set(STAGES.map(({ from }) => from).filter((from) => !NAMES.includes(from)));
    expect([...bases]).toEqual([expect.stringMatching(/^node:\d+\.\d+\.\d+-bookworm-slim$/)]);
    const [base = ""] = bases;
    const [major = 0, minor = 0] = base.replace("node:", "").split(".").map(Number);
    const [least = 0, leastMinor = 0] = MANIFEST.engines.node.replace(">=", "").split(".").map(Number);
    expect(major * 1000 + minor).toBeGreaterThanOrEqual(least * 1000 + leastMinor);
    expect(pairsOf("base", "LABEL")["org.opencontainers.image.base.name"]).toBe(`docker.io/library/${base}`);
  });

  it("say the version, licence and description of package.json", () => {
    const labels = pairsOf("runtime", "LABEL");
    for (const [label, field] of [
      ["version", "version"],
      ["licenses", "license"],
      ["description", "description"],
    ]) {
      expect(labels[`org.opencontainers.image.${label}`], label).toBe(MANIFEST[field ?? ""]);
    }
  });

  it("run no package's script when they are made, and bring no tool of development", () => {
    const installs = RUNS.filter(({ args }) => args.includes("npm ci"));
    expect(installs).toHaveLength(3);
    for (const { args } of installs) expect(args).toContain("--ignore-scripts");
    for (const name of RUNNING) {
      const modules = copiesOf(instructionsOf(name)).filter(({ target }) => target === "./node_modules");
      expect(modules).toHaveLength(1);
      const install = installs.find((one) => one.name === modules[0]?.stage);
      expect(install?.args, name).toContain("--omit=dev");
    }
    expect(installs.find(({ name }) => name === "dependencies")?.args).toContain("--omit=optional");
  });

  it.each(RUNNING)("%s runs as a number that is not root's, without a shell between", (name) => {
    expect(lastOf(name, "USER")).toMatch(/^[1-9]\d{2,}:[1-9]\d{2,}$/);
    const [program, script = ""] = wordsOf(lastOf(name, "ENTRYPOINT"));
    expect(program).toBe("node");
    expect(existsSync(script.replace("dist/", "src/").replace(/\.js$/, ".ts")), script).toBe(true);
  });

  it("serve by default, and the demo's image works", () => {
    expect(STAGES.at(-1)?.name).toBe("runtime");
    expect(COMMANDS).toContain(wordsOf(lastOf("runtime", "CMD"))[0]);
    expect(wordsOf(lastOf("demo", "CMD"))).toEqual(["worker"]);
  });
});

describe("an image's health check", () => {
  it.each(RUNNING)("of %s asks a route that there is, at the port where it listens", (name) => {
    const [program, flag, code = ""] = healthCheckOf(name);
    expect([program, flag]).toEqual(["node", "-e"]);
    const [, port, path = ""] = /fetch\('http:\/\/127\.0\.0\.1:(\d+)(\/[^']*)'/.exec(code) ?? [];
    expect(Object.keys(ROUTES)).toContain(path);
    expect(port).toBe(lastOf(name, "EXPOSE"));
    const environment = { DATABASE_URL: "postgres://h/d", ...pairsOf(name, "ENV") };
    const { web } = expectTaken(name === "demo" ? "demo" : "serve", [], environment);
    expect(web.listenAddress).toEqual({ host: undefined, port: Number(port) });
  });
});

describe("what the build gets", () => {
  const copied = STAGES.flatMap(({ instructions }) => copiesOf(instructions))
    .filter(({ stage }) => stage === undefined)
    .flatMap(({ sources }) => sources.map((source) => normalize(source)));

  it("is what it copies, and nothing else of the folder", () => {
    const rules = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(rules[0]).toBe("*");
    expect(rules.slice(1).toSorted()).toEqual([...new Set(copied)].map((path) => `!${path}`).toSorted());
  });

  it("is all in the repository", () => {
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("is copied only from stages that there are, before", () => {
    for (const [index, { instructions }] of STAGES.entries()) {
      for (const { stage } of copiesOf(instructions)) {
        if (stage !== undefined) expect(NAMES.slice(0, index)).toContain(stage);
      }
    }
  });

  it("has every file of the package that the program reads as it runs", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join("src", name));
    const read = sources.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/new URL\("((?:\.\.\/)+[^"]+)", import\.meta\.url\)/g)].map(
        ([, path = ""]) => ({ file, path: join(dirname(file), path) }),
      ),
    );
    expect(read.map(({ path }) => path).toSorted()).toEqual(["migrations", "package.json", "texts"]);
    for (const { file, path } of read) {
      const stage = file.startsWith("src/demo/") ? "demo" : "runtime";
      const there = copiesOf(instructionsOf(stage)).flatMap(({ sources }) => sources);
      expect(there, file).toContain(path);
    }
  });
});
