import { readFileSync } from "node:fs";
import { type Lint, unless } from "../lint.ts";
import { sqlOf, variablesIn } from "../queries.ts";
import { variablesOf } from "../read.ts";
import { relationsIn, withoutAlternatives, withoutLiterals } from "../sql-text.ts";

const WRITES =
  /\b(insert|update|delete|merge|truncate|create|alter|drop|grant|revoke|copy|call|do|lock|set|vacuum|notify|listen|dblink)\b|\bpg_\w+\s*\(|\bfor\s+(share|no key|key share)/i;
/** A row a worker, setting or session, or only what has not ended: as many in ten years as today. */
const SMALL = ["workers", "worker_states", "settings", "reachability", "hearing", "overdue_tasks"].map(ours);
const SESSIONS = "pg_stat_activity";
const APPLICATION = ["tts_texts", "tts_audios"];
const BOUNDS = [
  /\$__timeFilter\(/,
  /\b(text_id|task_id|id)\s*(=|in\b|between\b)/i,
  /\bstatus\s*(in\s*\('(pending|processing)'(,\s*'(pending|processing)')?\)|=\s*'(pending|processing)')/i,
];
const VARIABLE = /\$\{\w+:sqlstring\}/g;

const RELATIONS = [...readFileSync("docs/schema.sql", "utf8").matchAll(/^(?:table|view) (\w+)/gm)].map(
  ([, name = ""]) => ours(name),
);

/** What each SQL query must be, said for one. */
function eachSql(problems: (sql: string) => string[]): Lint {
  return (board) =>
    sqlOf(board).flatMap(({ place, sql }) => problems(sql).map((problem) => `${place}: ${problem}`));
}

export const oneSelect = eachSql((sql) => {
  const bare = withoutLiterals(sql);
  return [
    ...unless(/^\s*(select|with)\b/i.test(bare), "no SELECT"),
    ...unless(!bare.includes(";"), "more than one statement, or a semicolon"),
    ...unless(!WRITES.test(bare), "does more than read"),
  ];
});

export const limited = eachSql((sql) =>
  unless(/\blimit \d+\s*$/i.test(withoutLiterals(sql)), "does not end in a LIMIT"),
);

/** Each SELECT from what grows. */
export const bounded = eachSql((sql) =>
  relationsIn(withoutAlternatives(sql))
    .filter(({ name }) => ![...SMALL, SESSIONS].includes(name))
    .filter(({ scope }) => !BOUNDS.some((bound) => bound.test(scope)))
    .map(({ name }) => `reads all of ${name}: no time, no key, not only what is alive`),
);

export const fullNames = eachSql((sql) =>
  relationsIn(sql)
    .filter(({ name }) => ![...RELATIONS, ...APPLICATION, SESSIONS].includes(name))
    .map(({ name }) => `${name} is no relation of tts_monitor`),
);

export const columns = eachSql((sql) => {
  const bare = withoutLiterals(sql);
  return [
    ...unless(!/(\bselect\s+(distinct\s+)?|,\s*|\w\.)\*/i.test(bare), "select *"),
    ...unless(!/\bcontent\b/i.test(bare), "reads what the texts say"),
  ];
});

/** Grafana quotes and escapes a value with `:sqlstring` only, and several as a list. */
export const quoted: Lint = (board) => {
  const several = variablesOf(board)
    .filter(({ multi }) => multi === true)
    .map(({ name }) => name);
  return sqlOf(board).flatMap(({ place, sql }) => {
    const literals = sql.replaceAll(VARIABLE, "\u0001").match(/'[^']*'/g) ?? [];
    const lists = [...sql.matchAll(/(\S*)\s*\$\{(\w+):sqlstring\}/g)];
    return [
      ...variablesIn(sql.replaceAll(VARIABLE, "")).map((name) => `${place}: $${name} without :sqlstring`),
      ...literals
        .filter((literal) => literal.includes("\u0001"))
        .map(() => `${place}: quotes around :sqlstring`),
      ...lists
        .filter(([, before = "", name = ""]) => several.includes(name) && !/[([]$/.test(before))
        .map(([, , name]) => `${place}: several values of $${name} outside a list`),
    ];
  });
};

function ours(name: string): string {
  return `tts_monitor.${name}`;
}
