import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import type { TestDatabase } from "./postgres.ts";

export interface TestRole {
  name: string;
  /** the test's database, as this role */
  url: string;
  pool: pg.Pool;
}

/** Roles without any right, as a stranger would create them; they belong to the server and are dropped again. */
export function useRoles(database: () => TestDatabase, kinds: readonly string[]): (kind: string) => TestRole {
  const roles = new Map<string, TestRole>();
  beforeAll(async () => {
    for (const kind of kinds) {
      const name = `${kind}_${randomBytes(6).toString("hex")}`;
      await database().pool.query(`create role ${name} login password 'secret'`);
      const url = new URL(database().directUrl);
      url.username = name;
      url.password = "secret";
      roles.set(kind, { name, url: url.href, pool: new pg.Pool({ connectionString: url.href, max: 2 }) });
    }
  });
  afterAll(async () => {
    for (const { name, pool } of roles.values()) {
      await pool.end();
      await database().pool.query(`drop owned by ${name}; drop role ${name}`);
    }
  });
  return (kind) => {
    const role = roles.get(kind);
    if (!role) throw new Error(`the role ${kind} exists from beforeAll on`);
    return role;
  };
}
