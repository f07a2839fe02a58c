import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeWith, runProgram } from "../support/programs.ts";

interface Rule {
  alert?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
interface RuleTest {
  alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[];
}

const RULES = filesIn("prometheus/rules");
const RULE_TESTS = filesIn("prometheus/tests");
const ALERTMANAGER_CONFIG = "alertmanager/alertmanager.yml";

function filesIn(folder: string): string[] {
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}

function contentOf<T>(path: string): T {
  return parse(readFileSync(path, "utf8"), { maxAliasCount: -1 }) as T;
}

describeWith("promtool", "Prometheus' own checks", (promtool) => {
  it("accept prometheus.yml and the rules that it names, which are all there are", () => {
    const { status, output } = runProgram(promtool, "check", "config", "prometheus.yml");
    expect(status, output).toBe(0);
    for (const path of RULES) expect(output).toContain(path);
  });

  it("find no two rules alike", () => {
    const { status, output } = runProgram(promtool, "check", "rules", "--lint-fatal", ...RULES);
    expect(status, output).toBe(0);
  });

  it.each(RULE_TESTS)("pass %s", (path) => {
    const { status, output } = runProgram(promtool, "test", "rules", path);
    expect(status, output).toBe(0);
  });
});

describe("each alert", () => {
  const alerts = RULES.flatMap((path) => contentOf<{ groups: { rules: Rule[] }[] }>(path).groups)
    .flatMap((group) => group.rules)
    .filter((rule) => rule.alert !== undefined);
  const fired = RULE_TESTS.flatMap((path) => contentOf<{ tests: RuleTest[] }>(path).tests)
    .flatMap((test) => test.alert_rule_test ?? [])
    .filter((test) => test.exp_alerts.length > 0)
    .map((test) => test.alertname);

  it.each(alerts)("has what Alertmanager goes by, and a test in which it fires: $alert", (rule) => {
    expect(rule.labels).toEqual({
      severity: expect.stringMatching(/^(critical|warning|none)$/),
      service: "tts",
    });
    expect(rule.annotations["summary"]).toMatch(/^[^{}]+\.$/);
    expect(rule.annotations["description"]).toMatch(/\.$/);
    expect(fired).toContain(rule.alert);
  });
});

describeWith("amtool", "Alertmanager's own checks", (amtool) => {
  it("accept its configuration", () => {
    const { status, output } = runProgram(amtool, "check-config", ALERTMANAGER_CONFIG);
    expect(status, output).toBe(0);
  });

  it.each([
    ["pager", "alertname=TTSTaskStuck", "severity=critical"],
    ["tickets", "alertname=TTSWorkerLost", "severity=warning"],
    ["dead-man", "alertname=TTSWatchdog", "severity=none"],
    ["tickets", "alertname=SomebodyElses"],
  ])("route to %s what has %s %s", (receiver, ...labels) => {
    const config = `--config.file=${ALERTMANAGER_CONFIG}`;
    const expected = `--verify.receivers=${receiver}`;
    const { status, output } = runProgram(amtool, "config", "routes", "test", config, expected, ...labels);
    expect(status, output).toBe(0);
  });
});
