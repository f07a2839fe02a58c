import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { AlertRule, Group, RecordingRule } from "../../prometheus/src/rule.ts";
import { isAlert, titleOf } from "../../prometheus/src/rule.ts";
import { metricsOf, parseQuery } from "./promql.ts";

export const RULE_FILES = pathsIn("prometheus/rules");
export const RULE_TEST_FILES = pathsIn("prometheus/tests");

/** The rules as they are committed, for that is what Prometheus reads. */
export const GROUPS = RULE_FILES.flatMap((path) => readYaml<{ groups: Group[] }>(path).groups);
const RULES = GROUPS.flatMap(({ rules }) => rules);
export const ALERTS: readonly AlertRule[] = RULES.filter(isAlert);
/** The same under titles that tell rules of one name apart. */
export const TITLED_ALERTS = ALERTS.map((rule) => ({ title: titleOf(rule), ...rule }));
export const RECORDINGS = RULES.filter((rule): rule is RecordingRule => !isAlert(rule));

/** The series that an expression reads, directly or through recorded ones. */
export function seriesBelow(expr: string): string[] {
  return metricsOf(parseQuery(expr)).flatMap((name) => [
    name,
    ...RECORDINGS.filter(({ record }) => record === name).flatMap(({ expr: its }) => seriesBelow(its)),
  ]);
}

export interface RuleTests {
  rule_files: string[];
  evaluation_interval: string;
  group_eval_order?: string[];
  tests: {
    name?: string;
    alert_rule_test?: { alertname: string; exp_alerts?: ExpectedAlert[] }[];
    promql_expr_test?: { expr: string }[];
  }[];
}

interface ExpectedAlert {
  exp_labels: Record<string, string>;
  exp_annotations: Record<string, string>;
}

export function readRuleTests(path: string): RuleTests {
  return readYaml(path);
}

export function readYaml<T>(path: string): T {
  return parse(readFileSync(path, "utf8"), { maxAliasCount: -1, merge: true }) as T;
}

function pathsIn(folder: string): string[] {
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}
