import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BURN_RATES, OBJECTIVES } from "../../prometheus/src/objectives.ts";
import { nameOf } from "../../prometheus/src/rule.ts";
import { DASHBOARDS, GRAFANA_URL, RUNBOOKS_URL } from "../../prometheus/src/sites.ts";
import { parsed, promqlOf } from "../support/dashboards/queries.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import { knownMetric } from "../support/known-metrics.ts";
import { calledBy, metricOf, metricsOf, nodesOf, parseQuery, rangeOf } from "../support/promql.ts";
import { replicasApart, unknownSeries, wholeBuckets, wrongRates } from "../support/promql-checks.ts";
import { labelsOf } from "../support/promql-labels.ts";
import { ALERTS, GROUPS, RECORDINGS, TITLED_ALERTS } from "../support/rules.ts";
import { queriesOf, RUNBOOKS } from "../support/runbooks.ts";

const SCRAPE_SECONDS = 15;
const STATIC_LABELS = ["severity", "service", "slo", "long", "short", "exported_job"];

const everyRule = GROUPS.flatMap(({ rules }) => rules).map((rule) => ({
  title: nameOf(rule),
  query: parseQuery(rule.expr),
}));
/** PromQL in annotations: `query "…"` and printf'ed topk. */
const annotationQueries = ALERTS.flatMap(({ annotations }) =>
  [...(annotations["description"] ?? "").matchAll(/query `([^`]*)`|(?:query|printf) "([^"]*\([^"]*)"/g)].map(
    ([, raw, quoted]) => (raw ?? quoted ?? "").replace("%q", '""'),
  ),
);

describe.each(TITLED_ALERTS)("$title", ({ alert, expr, labels, annotations }) => {
  const { description = "", summary = "", dashboard_url = "", runbook_url = "" } = annotations;

  it("has a name that fits, and no labels but those that Alertmanager and people go by", () => {
    expect(alert).toMatch(/^TTS[A-Z]\w+$/);
    expect(alert.length).toBeLessThanOrEqual(40);
    expect(labels["severity"]).toMatch(/^(critical|warning|none)$/);
    expect(labels["service"]).toBe("tts");
    expect(STATIC_LABELS).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(JSON.stringify(labels)).not.toContain("{{");
  });

  it("says what is wrong in one static sentence, and then with numbers or names", () => {
    expect(summary).toMatch(/^[^{}.]+\.$/);
    expect(description).toMatch(/\.$|(\{\{ end \}\})$/);
    if (!["TTSWatchdog", "TTSExporterDown"].includes(alert)) expect(description).toMatch(/\{\{|\d/);
  });

  it("names in its texts only labels that its expression keeps", () => {
    const asked = [...(description + dashboard_url).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    const optional = [...description.matchAll(/\{\{ (?:with|if) \$labels\.(\w+)/g)].map(([, label]) => label);
    const kept = [...labelsOf(expr), ...Object.keys(labels)];
    expect(kept).toEqual(expect.arrayContaining(asked.filter((label) => !optional.includes(label))));
  });

  it("links to its runbook, and to a dashboard with variables that this has", () => {
    expect(runbook_url).toBe(`${RUNBOOKS_URL}/${alert}.md`);
    const url = new URL(dashboard_url);
    expect(url.origin).toBe(GRAFANA_URL);
    const uid = url.pathname.replace("/d/", "") as keyof typeof DASHBOARDS;
    expect(Object.keys(DASHBOARDS)).toContain(uid);
    const variables: string[] = DASHBOARDS[uid].map((name) => `var-${name}`);
    expect(variables).toEqual(expect.arrayContaining([...url.searchParams.keys()]));
  });

  it("can be false: its expression compares, or asks for absence", () => {
    const query = parseQuery(expr);
    const compares = nodesOf(query.root).some(({ name }) => /^(Gtr|Gte|Lss|Lte|Eql|Neq)$/.test(name));
    const absent = nodesOf(query.root, "FunctionCall").some((call) => calledBy(query, call) === "absent");
    expect(compares || absent || (alert === "TTSWatchdog" && expr === "vector(1)")).toBe(true);
  });

  it("has a runbook with its five sections", () => {
    expect(RUNBOOKS[alert]?.match(/^#{1,2} .*$/gm)).toEqual([
      `# ${alert}`,
      ...["Meaning", "Impact", "Diagnosis", "Mitigation", "Verify"].map((title) => `## ${title}`),
    ]);
  });
});

describe.each(everyRule)("the expression of $title", ({ query }) => {
  it("reads only metrics and labels that are there", () => {
    expect(unknownSeries(query)).toEqual([]);
  });

  it("takes rates of counters and slopes of gauges only", () => {
    expect(wrongRates(query)).toEqual([]);
  });

  it("looks back over at least four samples", () => {
    for (const matrix of nodesOf(query.root, "MatrixSelector")) {
      const [selector] = nodesOf(matrix, "VectorSelector");
      const recorded = selector && knownMetric(metricOf(query, selector))?.type === "recorded";
      expect(rangeOf(query, matrix)).toBeGreaterThanOrEqual(4 * (recorded ? 30 : SCRAPE_SECONDS));
    }
  });

  it("takes the replicas' figures of the database together, never their sum", () => {
    expect(replicasApart(query)).toEqual([]);
  });

  it("matches no bucket by a whole number, which Prometheus 3 writes otherwise", () => {
    expect(wholeBuckets(query)).toEqual([]);
  });
});

it.each(GROUPS)("the group $name has at most 20 rules", ({ rules }) => {
  expect(rules.length).toBeLessThanOrEqual(20);
});

it.each(annotationQueries)("a query in an annotation parses and reads what is there: %s", (text) => {
  for (const name of metricsOf(parseQuery(text))) expect(knownMetric(name), name).toBeDefined();
});

it("every recorded series is used by a rule, a page, a runbook or a dashboard", () => {
  const queries = [
    ...everyRule.map(({ query }) => query),
    ...[...annotationQueries, ...queriesOf()].map(parseQuery),
    ...parsed(BOARDS.flatMap(promqlOf)).map(({ query }) => query),
  ];
  const used = new Set(queries.flatMap(metricsOf));
  expect(RECORDINGS.map(({ record }) => record).filter((name) => !used.has(name))).toEqual([]);
});

it("no burn rate asks for more bad events than there are events", () => {
  for (const { objective } of Object.values(OBJECTIVES)) {
    for (const { factor } of BURN_RATES) expect(factor * (1 - objective)).toBeLessThan(1);
  }
});

it("there is no runbook without its alert", () => {
  const alerts = ALERTS.map(({ alert }) => `${alert}.md`);
  expect(alerts).toEqual(expect.arrayContaining(readdirSync("docs/runbooks")));
});

describe.each(Object.entries(RUNBOOKS))("the runbook %s", (name, text) => {
  it("has queries to paste, each of which Prometheus 3 parses and which read what is there", () => {
    const queries = queriesOf(text);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      for (const name of metricsOf(parseQuery(query))) expect(knownMetric(name), name).toBeDefined();
    }
  });

  it("links to files that are there", () => {
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      expect(() => readFileSync(`docs/runbooks/${target}`), `${target} in ${name}`).not.toThrow();
    }
  });
});
