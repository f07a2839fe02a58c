import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { INSTALL_SCRIPTS } from "../../scripts/generate/dependencies/install-scripts.ts";
import {
  ALLOWED_IN_DEVELOPMENT,
  ALLOWED_LICENCES,
  EXCEPTIONS,
} from "../../scripts/generate/dependencies/licences.ts";
import {
  installedCount,
  type LockedPackage,
  readLockfile,
} from "../../scripts/generate/dependencies/lockfile.ts";
import { dependenciesReference } from "../../scripts/generate/dependencies-reference.ts";
import { shell } from "../support/shell.ts";

// Express alone brings 63. More than there are is a decision, to be made here.
const MOST = 160;
const REGISTRY = "https://registry.npmjs.org/";

const lockfile = readLockfile();
const { packages } = lockfile;
const production = packages.filter(({ development }) => !development);
const manifest = JSON.parse(readFileSync("package.json", "utf8"));

const nameOf = ({ name, version }: LockedPackage) => `${name}@${version}`;
const namesOf = (some: readonly LockedPackage[]) => some.map(nameOf).sort();

describe("package-lock.json", () => {
  it("has a SHA-512 of every archive", () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(
      namesOf(packages.filter(({ integrity }) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""))),
    ).toEqual([]);
  });

  it("names no place to load from but npm's registry, and no other host, folder or repository", () => {
    const elsewhere = packages.filter(
      ({ resolved }) => resolved !== undefined && !resolved.startsWith(REGISTRY),
    );
    expect(namesOf(elsewhere)).toEqual([]);
    // What stands in it besides are addresses to donate to.
    const text = readFileSync("package-lock.json", "utf8");
    expect(text).not.toMatch(/"(file|git|git\+\w+|github|link):|localhost|127\.0\.0\.1|"link": true/);
  });

  it("is of the same dependencies as package.json", () => {
    const { packages: entries } = JSON.parse(readFileSync("package-lock.json", "utf8"));
    for (const kind of ["dependencies", "optionalDependencies", "devDependencies"]) {
      expect(entries[""][kind], kind).toEqual(manifest[kind]);
    }
  });
});

describe("what production installs", () => {
  it(`is no more than ${MOST} packages, of several platforms' builds one`, () => {
    expect(installedCount(production)).toBeLessThanOrEqual(MOST);
  });

  it("has licences that ask for no more than a notice, but for exceptions that were judged one by one", () => {
    const judged = EXCEPTIONS.map(({ name, licence }) => `${name} ${licence}`);
    const others = production.filter(({ licence }) => !ALLOWED_LICENCES.includes(licence));
    expect(others.map(({ name, licence }) => `${name} ${licence}`).sort()).toEqual(judged);
  });

  it("needs no install script that nobody has judged, and what needs one is optional", () => {
    const wanting = production.filter(({ hasInstallScript }) => hasInstallScript);
    expect(namesOf(wanting.filter(({ optional }) => !optional))).toEqual([]);
    const unjudged = packages.filter(
      ({ name, hasInstallScript }) =>
        hasInstallScript && !INSTALL_SCRIPTS.some(({ packages }) => packages.test(name)),
    );
    expect(namesOf(unjudged)).toEqual([]);
  });

  it("is pinned exactly where it is a version before a release", () => {
    const ranges: Record<string, string> = { ...manifest.dependencies, ...manifest.optionalDependencies };
    const early = production.filter(
      ({ path, version }) => lockfile.direct.includes(path) && version.includes("-"),
    );
    expect(namesOf(early)).toEqual(early.map(({ name }) => `${name}@${ranges[name]}`).sort());
    expect(early.length).toBeGreaterThan(0);
  });
});

it("development's packages have licences that were judged", () => {
  const allowed = [...ALLOWED_LICENCES, ...ALLOWED_IN_DEVELOPMENT];
  const others = packages.filter(({ development, licence }) => development && !allowed.includes(licence));
  expect(others.map(({ name, licence }) => `${name} ${licence}`)).toEqual([]);
});

it("npm run sbom prints CycloneDX of all that production installs and nothing else, each with hash and licence", async () => {
  const document = JSON.parse(await shell("npm run sbom --silent"));
  expect(document).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: expect.stringMatching(/^1\.\d$/),
    metadata: { component: { name: "tts-monitor", version: manifest.version } },
  });
  const components: { "bom-ref": string; hashes: { alg: string }[]; licenses: unknown[] }[] =
    document.components;
  expect(components.map((component) => component["bom-ref"]).sort()).toEqual([
    ...new Set(namesOf(production)),
  ]);
  for (const component of components) {
    expect(component.hashes, component["bom-ref"]).toEqual([expect.objectContaining({ alg: "SHA-512" })]);
    expect(component.licenses, component["bom-ref"]).not.toEqual([]);
  }
});

describe("docs/dependencies.md cannot be made", () => {
  it("where a dependency has no reason", async () => {
    const stranger: LockedPackage = {
      ...(production[0] ?? expect.fail("none")),
      name: "left-pad",
      path: "left",
    };
    const more = { packages: [...packages, stranger], direct: [...lockfile.direct, "left"] };
    await expect(dependenciesReference(more)).rejects.toThrow("left-pad has no reason");
  });

  it("where a reason has no dependency", async () => {
    const fewer = { packages, direct: lockfile.direct.filter((path) => path !== "node_modules/zod") };
    await expect(dependenciesReference(fewer)).rejects.toThrow(
      "zod has a reason, but package.json does not ask for it",
    );
  });

  it("where a package wants an install script and nobody has said why it need not", async () => {
    const eager = packages.map((locked) =>
      locked.name === "zod" ? { ...locked, hasInstallScript: true } : locked,
    );
    await expect(dependenciesReference({ ...lockfile, packages: eager })).rejects.toThrow(
      "zod wants an install script",
    );
  });
});
