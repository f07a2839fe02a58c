import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { POSTGRES } from "./parts.ts";
import { insist, lasting } from "./time.ts";

/** $1: the role; what it may do with our tables and views, as statements that give it and take it */
const GRANTS = `
  select
    format('grant %s on %s to %I', privilege_type, c.oid::regclass, $1::text) as grant,
    format('revoke %s on %s from %I', privilege_type, c.oid::regclass, $1::text) as revoke
  from pg_class c, aclexplode(c.relacl) acl
  where relnamespace = 'tts_monitor'::regnamespace and relkind in ('r', 'v', 'p')
    and grantee = (select oid from pg_roles where rolname = $1)
  order by 1`;

export const GRANTS_REVOKED: Fault = {
  kind: "grants-revoked",
  lane: "breaking",
  seconds: 3,
  prepare(stage, random) {
    const ms = random.whole(2000, 3000);
    return { targets: POSTGRES, detail: `${ms} ms`, inject: () => revoke(stage, ms) };
  },
};

async function revoke({ database: { sql, role }, problem }: Stage, ms: number): Promise<void> {
  const before = await sql(GRANTS, [role]);
  if (before.length === 0) throw new Error(`${role} has no grants that could be revoked`);
  const all = (which: "grant" | "revoke") => before.map((statements) => statements[which]).join("; ");
  await lasting(
    ms,
    () => sql(all("revoke")),
    () => insist(() => sql(all("grant"))),
  );
  const after = await sql(GRANTS, [role]);
  if (JSON.stringify(after) !== JSON.stringify(before)) problem("the grants came back as other ones");
}
