import { cpSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { SCHEMA_VERSION } from "../../src/db/schema.ts";
import { makeFolder } from "./temporary-server.ts";

interface NextRelease {
  /** where it is installed: `dist` and `migrations` in it are its own */
  folder: string;
  /** its `dist/cli.js` */
  cli: string;
  /** of its schema */
  version: number;
}

/**
 * This program once more, installed elsewhere with one more migration, as the release after this one will have it;
 * removed at the end of the file.
 * @param oldest schema version of the oldest program that works with that migration; undefined: it does not say
 */
export function useNextRelease(sql: string, oldest?: number): NextRelease {
  const folder = makeFolder();
  const version = SCHEMA_VERSION + 1;
  const from = oldest === undefined ? "" : `.from_${fourDigits(oldest)}`;
  for (const part of ["dist", "migrations", "package.json"]) {
    cpSync(resolve(part), join(folder, part), { recursive: true });
  }
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(
    join(folder, "migrations", `${fourDigits(version)}_of_the_next_release${from}.sql`),
    `-- Up Migration\n\n${sql}\n`,
  );
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, cli: join(folder, "dist", "cli.js"), version };
}

function fourDigits(number: number): string {
  return String(number).padStart(4, "0");
}
