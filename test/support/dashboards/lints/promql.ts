import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { SyntaxNode } from "@lezer/common";
import { calledBy, matchersOf, metricOf, metricsOf, nodesOf, parseQuery, textOf } from "../../promql.ts";
import {
  callsAround,
  isCounter,
  replicasApart,
  unknownSeries,
  wholeBuckets,
  wrongRates,
} from "../../promql-checks.ts";
import { RECORDINGS, readYaml } from "../../rules.ts";
import type { Lint } from "../lint.ts";
import {
  type Promql,
  parsed,
  promqlOf,
  promqlOfPanels,
  STAND_INS,
  variableOfValue,
  withoutVariables,
} from "../queries.ts";

const { scrape_configs: SCRAPES } = readYaml<{ scrape_configs: { job_name: string }[] }>("prometheus.yml");
const JOBS = SCRAPES.map(({ job_name }) => job_name);
const RECORDED_EVERY = "30s";

/** The database's figures that are recorded as they are, by their own name. */
const SNAPSHOTS = new Map(
  RECORDINGS.filter(({ record }) => /^tts:db_\w+:max$/.test(record)).map(({ record, expr }) => [
    metricsOf(parseQuery(expr))[0],
    record,
  ]),
);

/** What each query must be, said for one, wherever it stands. */
export function eachQuery(problems: (promql: Promql) => string[]): Lint {
  return (board) => said(parsed(promqlOf(board)), problems);
}

/** … in panels only. */
export function eachPanelQuery(problems: (promql: Promql, board: Dashboard) => string[]): Lint {
  return (board) => said(parsed(promqlOfPanels(board)), (promql) => problems(promql, board));
}

function said(queries: readonly Promql[], problems: (promql: Promql) => string[]): string[] {
  return queries.flatMap((promql) => problems(promql).map((problem) => `${promql.place}: ${problem}`));
}

export function parses(board: Dashboard): string[] {
  return promqlOf(board).flatMap(({ place, expr }) => {
    try {
      parseQuery(withoutVariables(expr));
      return [];
    } catch (error) {
      return [`${place}: ${error instanceof Error ? error.message : error}`];
    }
  });
}

export const exists = eachQuery(({ query }) => unknownSeries(query));

export const rates = eachQuery(({ query }) => wrongRates(query));

export const counters = eachPanelQuery(({ query }) =>
  nodesOf(query.root, "VectorSelector")
    .filter((selector) => isCounter(metricOf(query, selector)))
    .filter((selector) => !/^(rate|increase)$/.test(callsAround(query, selector)[0] ?? ""))
    .map((selector) => `${metricOf(query, selector)} as it stands since the last restart`),
);

export const replicas = eachQuery(({ query, place }) => (place.startsWith("$") ? [] : replicasApart(query)));

export const buckets = eachQuery(({ query }) => wholeBuckets(query));

/** irate sees two samples of each step, whatever happened between. */
export const irates = eachQuery(({ query }) => callsIn(query, /^(irate|idelta)$/));

/** Over a range, each step has its own first three, and the legend has all that ever were. */
export const topOverRanges = eachPanelQuery(({ query, target }) =>
  target?.instant === true && target.range !== true ? [] : callsIn(query, /^(topk|bottomk|limitk)$/),
);

export const subqueries = eachQuery(({ query }) =>
  nodesOf(query.root, "SubqueryExpr").map((node) => `a subquery, dear at every step: ${textOf(query, node)}`),
);

export const recorded = eachPanelQuery(({ query }) =>
  metricsOf(query).flatMap((name) => {
    const rule = SNAPSHOTS.get(name);
    return rule === undefined ? [] : [`${name} is recorded as ${rule}`];
  }),
);

export const jobs = eachQuery(({ query }) =>
  nodesOf(query.root, "VectorSelector").flatMap((selector) => {
    const wanted = matchersOf(query, selector).filter(({ label }) => label === "job");
    const unknown = wanted
      .flatMap(({ value }) => value.split("|"))
      .filter((value) => !JOBS.includes(value) && variableOfValue(value) === undefined)
      .map((value) => `prometheus.yml has no job ${value}`);
    const name = metricOf(query, selector);
    const any = /^(process|nodejs)_/.test(name) && wanted.length === 0;
    return any ? [...unknown, `${name} of whichever program`] : unknown;
  }),
);

/** What is recorded every 30 s needs a least step of that: `$__rate_interval` is four of them. */
export const steps = eachPanelQuery(({ query, target }) =>
  (target?.interval === RECORDED_EVERY ? [] : nodesOf(query.root, "MatrixSelector"))
    .filter((matrix) => textOf(query, matrix).includes(STAND_INS.__rate_interval))
    .flatMap((matrix) => nodesOf(matrix, "VectorSelector"))
    .map((selector) => metricOf(query, selector))
    .filter((name) => RECORDINGS.some(({ record }) => record === name))
    .map((name) => `${name} has two samples in $__rate_interval without a least step of ${RECORDED_EVERY}`),
);

function callsIn(query: Promql["query"], names: RegExp): string[] {
  const calls = [...nodesOf(query.root, "FunctionCall"), ...nodesOf(query.root, "AggregateExpr")];
  return calls.map((call: SyntaxNode) => calledBy(query, call)).filter((name) => names.test(name));
}
