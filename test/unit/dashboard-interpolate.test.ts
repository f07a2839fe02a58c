import { expect, it } from "vitest";
import { asPromql, asSql, asUri, interpolate, type Variable } from "../support/dashboards/interpolate.ts";
import { expandMacros } from "../support/dashboards/run-macros.ts";
import { builtIns, last, stepOf } from "../support/dashboards/run-range.ts";

const VARIABLES: Record<string, Variable> = {
  one: { value: "worker-1" },
  odd: { value: "o'clock" },
  few: { value: ["a.b", "c'd"], many: true },
  single: { value: ["a.b"], many: true },
  every: { value: ["a", "b"], all: "listed", many: true },
  any: { value: ".*", all: "verbatim", many: true },
  star: { value: "'*'", all: "verbatim", many: true },
  "__value.raw": { value: "x/y (1)" },
  '__data.fields["Text id"]': { value: "42" },
  __rate_interval: { value: "60000ms" },
};
const lookup = (name: string, path?: string) => VARIABLES[path === undefined ? name : `${name}.${path}`];

it.each([
  // The examples of Grafana's page on variable syntax, with our own values.
  ["${few:csv}", "a.b,c'd"],
  ["${few:pipe}", "a.b|c'd"],
  ["${few:raw}", "a.b,c'd"],
  ["${few:regex}", "(a\\.b|c'd)"],
  ["${single:regex}", "a\\.b"],
  ["${few:singlequote}", "'a.b','c\\'d'"],
  ["${few:sqlstring}", "'a.b','c''d'"],
  ["${odd:sqlstring}", "'o''clock'"],
  ["${few:queryparam}", "var-few=a.b&var-few=c'd"],
  ["${few:percentencode}", "%7Ba.b%2Cc%27d%7D"],
  ["${one:percentencode}", "worker-1"],
  ["${few:text}", "a.b + c'd"],
  // All, with a value of its own and without.
  ["${every:csv}", "a,b"],
  ["${every:text}", "All"],
  ["${every:queryparam}", "var-every=$__all"],
  ["${any:queryparam}", "var-any=$__all"],
  ["${any:text}", "All"],
  ["${any:regex}", ".*"],
  ["'*' in (${star:sqlstring})", "'*' in ('*')"],
  ["${star:percentencode}", "%27%2A%27"],
])("%s becomes %s", (text, expected) => {
  expect(interpolate(text, lookup, asSql)).toBe(expected);
});

it.each([
  ['up{worker=~"$few"}', 'up{worker=~"(a\\\\.b|c\\\\\'d)"}'],
  ['up{worker=~"$single"}', 'up{worker=~"a\\\\.b"}'],
  ['up{worker=~"$any"}', 'up{worker=~".*"}'],
  ['up{worker="$one"}', 'up{worker="worker-1"}'],
  ["rate(x_total[$__rate_interval])", "rate(x_total[60000ms])"],
])("Prometheus is asked %s as %s", (text, expected) => {
  expect(interpolate(text, lookup, asPromql)).toBe(expected);
});

it("PostgreSQL gets a single value without quotes around it, and lists with them", () => {
  expect(interpolate("$odd, $few", lookup, asSql)).toBe("o''clock, 'a.b','c''d'");
});

it("links get the clicked cell and its row, encoded as a URI", () => {
  expect(interpolate('/d/x?var-a=${__value.raw}&var-b=${__data.fields["Text id"]}', lookup, asUri)).toBe(
    "/d/x?var-a=x/y%20%281%29&var-b=42",
  );
});

it.each(["$nothing", "${nothing:csv}", "${__value.nothing}", "${one:nothing}"])("%s is an error", (text) => {
  expect(() => interpolate(text, lookup, asSql)).toThrow(text);
});

it("macros of SQL get the page's time, and end at the first parenthesis that closes", () => {
  const range = { from: 0, to: 1500, url: "" };
  const expand = (sql: string) => expandMacros(interpolate(sql, lookup, asSql), range);
  expect(expand("where $__timeFilter( t )")).toBe(
    "where t BETWEEN '1970-01-01T00:00:00.000Z' AND '1970-01-01T00:00:01.500Z'",
  );
  expect(expand("$__timeFrom() $__timeTo()")).toBe("'1970-01-01T00:00:00.000Z' '1970-01-01T00:00:01.500Z'");
  expect(expand("$__timeFilter(coalesce(a, b))")).toBe(
    "coalesce(a BETWEEN '1970-01-01T00:00:00.000Z' AND '1970-01-01T00:00:01.500Z')",
  );
  expect(() => expand("$__timeGroup(t, 1m)")).toThrow("$__timeGroup(t, 1m)");
});

it.each([
  // An hour on half a page and on the whole one, six on the whole one: never finer than the scrapes.
  ["1h", 800, 15_000, 15_000, "60000ms"],
  ["6h", 1600, 15_000, 15_000, "60000ms"],
  ["6h", 400, 15_000, 60_000, "75000ms"],
  ["5m", 400, 1000, 1000, "4000ms"],
])(
  "%s on %i pixels, scraped every %i ms: every %i ms, rates over %s",
  (range, points, scrapes, step, rate) => {
    expect(stepOf(last(range), points, scrapes)).toBe(step);
    expect(builtIns(last(range), step, scrapes)["__rate_interval"]?.value).toBe(rate);
  },
);
