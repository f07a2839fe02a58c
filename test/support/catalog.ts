import type pg from "pg";

const ORDINARY = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

// Rights that were granted and revoked again leave the owner's own behind, spelled out.
/** A line for each thing of a kind, identity and all: what was dropped and made again is another one. */
const KINDS = {
  schema: `select oid, nspname, nspowner::regrole, nspacl, obj_description(oid, 'pg_namespace')
    from pg_namespace n where ${ORDINARY}`,
  relation: `select c.oid, c.oid::regclass, relkind, relowner::regrole,
      coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)), reloptions, relpersistence,
      relrowsecurity, obj_description(c.oid, 'pg_class')
    from pg_class c join pg_namespace n on n.oid = relnamespace where ${ORDINARY}`,
  column: `select attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
      attacl, attisdropped, attstattarget, pg_get_expr(adbin, adrelid)
    from pg_attribute join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where ${ORDINARY} and attnum > 0`,
  index: `select indexrelid, pg_get_indexdef(indexrelid), indisvalid
    from pg_index join pg_class c on c.oid = indexrelid join pg_namespace n on n.oid = relnamespace
    where ${ORDINARY}`,
  constraint: `select o.oid, conrelid::regclass, conname, pg_get_constraintdef(o.oid), convalidated
    from pg_constraint o join pg_namespace n on n.oid = connamespace where ${ORDINARY}`,
  rule: `select r.oid, pg_get_ruledef(r.oid)
    from pg_rewrite r join pg_class c on c.oid = ev_class join pg_namespace n on n.oid = relnamespace
    where ${ORDINARY}`,
  policy: "select oid, polrelid::regclass, polname from pg_policy",
  trigger: `select t.oid, pg_get_triggerdef(t.oid), tgenabled
    from pg_trigger t join pg_class c on c.oid = tgrelid join pg_namespace n on n.oid = relnamespace
    where ${ORDINARY} and not tgisinternal`,
  function: `select p.oid, pg_get_functiondef(p.oid), proowner::regrole, proacl
    from pg_proc p join pg_namespace n on n.oid = pronamespace where ${ORDINARY}`,
  type: `select t.oid, typname, typowner::regrole, typacl
    from pg_type t join pg_namespace n on n.oid = typnamespace where ${ORDINARY}`,
  "default rights":
    "select defaclrole::regrole, defaclnamespace, defaclobjtype, defaclacl from pg_default_acl",
  extension: "select oid, extname, extversion from pg_extension",
  "large objects": "select count(*) from pg_largeobject_metadata",
  publication: "select oid, pubname from pg_publication",
  "event trigger": "select oid, evtname from pg_event_trigger",
  "database's settings": `select setrole::regrole, setconfig from pg_db_role_setting
    where setdatabase = (select oid from pg_database where datname = current_database())`,
  "database's rights": "select datacl from pg_database where datname = current_database()",
} as const;

/** All that a database consists of but the rows, in lines that can be compared. */
export async function readCatalog(db: pg.Pool): Promise<string[]> {
  const lines: string[] = [];
  for (const [kind, sql] of Object.entries(KINDS)) {
    const { rows } = await db.query<{ line: string }>(
      `select row(all_of.*)::text as line from (${sql}) all_of`,
    );
    lines.push(...rows.map(({ line }) => `${kind} ${line}`));
  }
  return lines.sort();
}

/** The rows of tables, as PostgreSQL holds them: whatever touched one, has given it another version. */
export async function readRows(db: pg.Pool, tables: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const table of tables) {
    const { rows } = await db.query<{ line: string }>(
      `select row(t.ctid, t.xmin, t.*)::text as line from ${table} t order by t.ctid`,
    );
    lines.push(...rows.map(({ line }) => `${table} ${line}`));
  }
  return lines;
}
