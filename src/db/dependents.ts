import type { Queryable } from "./pool.ts";

/** What is in our schema or belongs to a table there, as pg_depend names it. */
const INSIDE = `
  select 'pg_class'::regclass::oid, oid from pg_class where relnamespace = 'tts_monitor'::regnamespace
  union all
  select 'pg_proc'::regclass::oid, oid from pg_proc where pronamespace = 'tts_monitor'::regnamespace
  union all
  select 'pg_type'::regclass::oid, oid from pg_type where typnamespace = 'tts_monitor'::regnamespace
  union all
  select 'pg_constraint'::regclass::oid, oid from pg_constraint
  where connamespace = 'tts_monitor'::regnamespace
  union all
  select parts.* from pg_class t join lateral (
    select 'pg_attrdef'::regclass::oid, oid from pg_attrdef where adrelid = t.oid
    union all
    select 'pg_rewrite'::regclass::oid, oid from pg_rewrite where ev_class = t.oid
    union all
    select 'pg_trigger'::regclass::oid, oid from pg_trigger where tgrelid = t.oid
    union all
    select 'pg_policy'::regclass::oid, oid from pg_policy where polrelid = t.oid
  ) parts on true
  where t.relnamespace = 'tts_monitor'::regnamespace`;

/**
 * What stands outside our schema and would be dropped with it, because it was made of something there: a view, a
 * foreign key, a column's default. In PostgreSQL's words, such as `view report`.
 * @param triggers oids of our own triggers outside
 */
export async function readDependents(db: Queryable, triggers: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ what: string }>(
    `with inside (classid, objid) as (${INSIDE})
     select distinct case d.classid
         when 'pg_rewrite'::regclass then
           (select pg_describe_object('pg_class'::regclass, ev_class, 0) from pg_rewrite where oid = d.objid)
         else pg_describe_object(d.classid, d.objid, d.objsubid)
       end as what
     from pg_depend d
     where d.deptype = 'n'
       and (d.refclassid, d.refobjid) in (select classid, objid from inside)
       and (d.classid, d.objid) not in (select classid, objid from inside)
       and not (d.classid = 'pg_trigger'::regclass and d.objid = any($1::oid[]))
     order by what`,
    [triggers],
  );
  return rows.map(({ what }) => what);
}
