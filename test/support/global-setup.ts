import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { withClient } from "../../src/db/connect.ts";
import { migrate } from "../../src/db/migrate.ts";
import { TEMPLATE, urlOf } from "./database-urls.ts";
import { startTemporaryServer } from "./temporary-server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** superuser's address of the run's one server; absent where only unit tests run */
    postgresUrl: string;
  }
}

/** A server whose data nobody will miss: several times faster. Tests of durability start their own. */
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "300",
};

/** Runs once, although every project inherits it: builds dist, starts PostgreSQL, migrates the template database. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.isRootProject()) return undefined;
  buildWhenStale();
  if (project.vitest.projects.every(({ name }) => name === "unit")) return undefined;

  const server = await startTemporaryServer({ settings: SETTINGS });
  try {
    await createTemplate(server.url);
  } catch (error) {
    await server.remove();
    throw new Error(`the template database could not be made: ${server.log().slice(-5).join(" / ")}`, {
      cause: error,
    });
  }
  project.provide("postgresUrl", server.url);
  return () => server.remove();
}

async function createTemplate(serverUrl: string): Promise<void> {
  await withClient(serverUrl, "test support", (client) => client.query(`create database ${TEMPLATE}`));

  await migrate(urlOf(serverUrl, TEMPLATE));
}

/** The tests of processes run `dist/`, as users do. Type errors are the business of `npm run types`. */
function buildWhenStale(): void {
  if (newest("src") < newest("dist")) return;
  const { status } = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
  if (status !== 0) console.warn("tsc found errors; the tests run what it wrote nevertheless");
}

/** Time of the last change below a folder, in milliseconds; 0 where there is none. */
function newest(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(0, ...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}
