import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { migrate } from "../../src/db/migrate.ts";
import { rightsCheck } from "../../src/doctor/rights.ts";
import { complaintsOf, diagnose, findingOf, follow } from "../support/doctor.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { useRoles } from "../support/roles.ts";
import { track } from "../support/seed.ts";
import { createAppRows } from "../support/text-steps.ts";

const database = useTestDatabase();
const role = useRoles(database, ["reader", "writer", "stranger", "limited"]);

beforeAll(async () => {
  const { pool, directUrl } = database();
  await createAppRows(pool, true);
  await pool.query("create index on tts_audios (text_id)");
  await track(pool);
  await migrate(directUrl, { reader: role("reader").name, writer: role("writer").name });
});

describe("a role", () => {
  it("that may only read is told what it may not, and the hint's grant mends it", async () => {
    const { name, url } = role("reader");
    const before = await diagnose(url);
    expect(complaintsOf(before)).toEqual(["fail rights", "warn jobs"]);
    const { found = "", hint = "" } = findingOf(before, "rights") ?? {};
    expect(found).toMatch(RegExp(`^role ${name} may not delete tts_monitor.followers, .* and \\d+ more$`));
    await follow(hint, database().directUrl, database().pool);
    expect(complaintsOf(await diagnose(url))).toEqual(["warn jobs"]);
  });

  it("without any right is told so where it first cannot look", async () => {
    const { name, url } = role("stranger");
    const diagnosis = await diagnose(url);
    expect(complaintsOf(diagnosis)).toEqual(["fail schema", "warn not run"]);
    expect(findingOf(diagnosis, "schema")).toMatchObject({
      found: expect.stringMatching(/^could not be looked at: permission denied for schema tts_monitor$/),
      hint: `as the schema's owner: \`tts-monitor migrate --grant.writer ${name}\``,
    });
  });

  it("that lacks one right is told which: each that a writer is granted", async () => {
    const { pool } = database();
    const { name, url, pool: own } = role("writer");
    const sight = { url, pool: own, config: loadConfig("doctor", [], {}) };
    expect(await rightsCheck.look(sight)).toMatchObject({ level: "ok" });
    const { rows } = await pool.query<{ right: string; object: string; word: string }>(
      `select privilege_type as right, 'tts_monitor.' || table_name as object,
         lower(privilege_type) || ' tts_monitor.' || table_name as word
       from information_schema.table_privileges p
       where grantee = $1 and not (privilege_type <> 'SELECT' and exists (
         select from pg_views where schemaname = 'tts_monitor' and viewname = p.table_name))
       union all
       select 'SELECT (' || column_name || ')', table_name, 'select ' || table_name || '.' || column_name
       from information_schema.column_privileges where grantee = $1 and table_name like 'tts\\_%s'
         and table_schema <> 'tts_monitor'
       union all
       select 'USAGE', 'sequence tts_monitor.incarnations', 'use tts_monitor.incarnations'`,
      [name],
    );
    expect(rows.length).toBeGreaterThan(40);
    for (const { right, object, word } of rows) {
      await pool.query(`revoke ${right} on ${object} from ${name}`);
      expect(await rightsCheck.look(sight)).toMatchObject({
        level: "fail",
        found: `role ${name} may not ${word}`,
        hint: `as the schema's owner: \`tts-monitor migrate --grant.writer ${name}\``,
      });
      await pool.query(`grant ${right} on ${object} to ${name}`);
    }
    expect(await rightsCheck.look(sight)).toMatchObject({ level: "ok" });
  });

  it("that may have two connections at a time sees everything", async () => {
    const { name, url } = role("limited");
    await migrate(database().directUrl, { writer: name });
    await database().pool.query(`alter role ${name} connection limit 2`);
    expect(complaintsOf(await diagnose(url))).toEqual(["warn jobs"]);
    await database().pool.query(`alter role ${name} connection limit 1`);
    expect(complaintsOf(await diagnose(url))).toEqual(["warn notifications", "warn jobs"]);
  });
});
