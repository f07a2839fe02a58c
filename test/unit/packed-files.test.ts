import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { packedPaths } from "../support/npm-pack.ts";
import { makeFolder } from "../support/temporary-server.ts";

const { files }: { files: string[] } = JSON.parse(readFileSync("package.json", "utf8"));
const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesBelow = (top: string) =>
  readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe("the npm package", () => {
  it("names nothing under files that is not there", () => {
    expect(files.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("has what every module of src is compiled to, and what it reads at run time", async () => {
    const packed = await packedPaths();
    const modules = filesBelow("src").filter((path) => /(?<!\.d)\.ts$/.test(path));
    const compiled = modules.map((path) => path.replace(/^src/, "dist").replace(/\.ts$/, ".js"));
    expect(compiled.filter((path) => !packed.includes(path))).toEqual([]);
    const read = [...new Set(modules.flatMap(readOutside))];
    expect(read).toEqual(expect.arrayContaining(["migrations", "texts", "package.json", "prometheus.yml"]));
    const missing = read.flatMap(withContents).filter((path) => !packed.includes(path));
    expect(missing).toEqual([]);
    // Prometheus' and Alertmanager's configurations read these in their turn.
    for (const path of [...filesBelow("prometheus/rules"), ...filesBelow("alertmanager/templates")]) {
      expect(packed).toContain(path);
    }
  });

  it("has no secret and no data, also where they lie among its files", async () => {
    for (const path of ["package.json", ...files.filter((path) => path !== "dist")]) {
      cpSync(path, join(folder, path), { recursive: true });
    }
    const planted = [
      "alertmanager/secrets/pagerduty-routing-key",
      "grafana/production.env",
      "secrets/owner-password",
      ".tts-monitor/postgres/PG_VERSION",
      ".env",
      ".npmrc",
      "test/unit/planted.test.ts",
    ];
    for (const path of planted) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), "secret\n");
    }
    const packed = await packedPaths(folder);
    expect(packed).toEqual(expect.arrayContaining(["alertmanager/alertmanager.yml", "grafana/example.env"]));
    expect(packed.filter((path) => planted.includes(path))).toEqual([]);
  });
});

/** Files and folders outside src that a module names relative to itself. */
function readOutside(module: string): string[] {
  const named = readFileSync(module, "utf8").matchAll(/(?<!from )"((?:\.\.\/)+[\w./-]+)"/g);
  return [...named]
    .map(([, path = ""]) => relative(".", resolve(dirname(module), path)))
    .filter((path) => !path.startsWith("src/") && existsSync(path));
}

/** A folder's files instead of the folder. */
function withContents(path: string): string[] {
  return statSync(path).isDirectory() ? filesBelow(path) : [path];
}
