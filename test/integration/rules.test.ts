import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { THRESHOLDS } from "../../prometheus/src/objectives.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { digestOfRules, MUTATION_RECORD } from "../support/mutation-run.ts";
import { describeWith, runProgram } from "../support/programs.ts";
import { secondsOf } from "../support/promql.ts";
import { checkQueries } from "../support/promtool.ts";
import { RULE_FILES, RULE_TEST_FILES, readRuleTests, readYaml, TITLED_ALERTS } from "../support/rules.ts";
import { queriesOf } from "../support/runbooks.ts";
import { SURVIVORS } from "../support/surviving-mutants.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith("promtool", "Prometheus' own checks", (promtool) => {
  const check = (...args: string[]) => {
    const { status, output } = runProgram(promtool, ...args);
    expect(status, output).toBe(0);
    return output;
  };

  it("accept prometheus.yml and the rules that it names, which are all there are", () => {
    const output = check("check", "config", "prometheus.yml");
    for (const path of RULE_FILES) expect(output).toContain(path);
  });

  it("find nothing to object to in the rules", () => {
    check("check", "rules", "--lint=all", "--lint-fatal", ...RULE_FILES);
  });

  it.each(RULE_TEST_FILES)("pass %s", (path) => {
    check("test", "rules", path);
  });

  it("parse every query of the runbooks", () => {
    const rules = queriesOf().map((expr, index) => ({ record: `runbook:query:${index}`, expr }));
    const { status, output } = checkQueries(promtool, folder, rules);
    expect(status, output).toBe(0);
  });
});

describe("the tests of the rules", () => {
  const tests = RULE_TEST_FILES.map(readRuleTests);
  const expectations = tests.flatMap((file) => file.tests).flatMap((test) => test.alert_rule_test ?? []);

  it.each(TITLED_ALERTS)(
    "see $title fire, with all that it says, and be quiet",
    ({ alert, labels, annotations }) => {
      const own = expectations.filter(({ alertname }) => alertname === alert);
      const fired = own.flatMap(({ exp_alerts = [] }) => exp_alerts);
      const ofThisRule = fired.filter(({ exp_labels }) =>
        Object.entries(labels).every(([name, value]) => exp_labels[name] === value),
      );
      expect(ofThisRule.length).toBeGreaterThan(0);
      for (const { exp_annotations } of ofThisRule) {
        expect(Object.keys(exp_annotations)).toEqual(expect.arrayContaining(Object.keys(annotations)));
        expect(JSON.stringify(exp_annotations)).not.toContain("no value");
      }
      const alwaysOn = alert === "TTSWatchdog";
      expect(own.some(({ exp_alerts = [] }) => exp_alerts.length === 0)).toBe(!alwaysOn);
    },
  );

  it.each(RULE_TEST_FILES)("evaluate the groups of %s in one order", (path) => {
    const { group_eval_order: order, rule_files: files } = readRuleTests(path);
    const loaded = files.flatMap(
      (file) => readYaml<{ groups: { name: string }[] }>(join("prometheus/tests", file)).groups,
    );
    expect(order).toEqual(loaded.map(({ name }) => name));
  });
});

describe("the mutants of the rules", () => {
  const record = JSON.parse(readFileSync(MUTATION_RECORD, "utf8")) as {
    rulesAndTests: string;
    total: number;
    survived: string[];
  };

  it("were run against these rules and tests: else npm run test:rules:mutants", () => {
    expect(record.rulesAndTests).toBe(digestOfRules());
  });

  it("are noticed in 95 of 100 cases or more, and those that are not are listed with the reason", () => {
    expect(record.survived).toEqual(Object.keys(SURVIVORS).toSorted());
    expect(record.survived.length).toBeLessThanOrEqual(0.05 * record.total);
  });
});

describe("what the rules take for granted", () => {
  interface ScrapeConfig {
    job_name: string;
    sample_limit?: number;
  }
  const config = readYaml<{
    global: { scrape_interval: string; scrape_timeout: string };
    scrape_configs: ScrapeConfig[];
  }>("prometheus.yml");
  const limitOf = (job: string) =>
    config.scrape_configs.find(({ job_name }) => job_name === job)?.sample_limit;

  it("is what prometheus.yml says: how often it scrapes, how long it waits, how much it takes", () => {
    expect(config.global.scrape_interval).toBe("15s");
    expect(THRESHOLDS.scrapeSeconds.worker).toBe(0.7 * secondsOf(config.global.scrape_timeout));
    expect(THRESHOLDS.samples.exporter).toBe(0.8 * (limitOf("tts-exporter") ?? 0));
    expect(THRESHOLDS.samples.worker).toBe(0.8 * (limitOf("tts-worker") ?? 0));
  });

  it("is what the settings' defaults say", () => {
    expect(THRESHOLDS.oldestPendingSeconds).toBe(2 * secondsOf(SETTINGS["slo.latency"].default));
    expect(THRESHOLDS.jobSeconds["audit"]).toBe(3 * secondsOf(SETTINGS["audit.interval"].default));
    expect(THRESHOLDS.sweepSeconds).toBe(12 * secondsOf(SETTINGS["sweep.interval"].default));
    expect(THRESHOLDS.stuckSeconds).toBeGreaterThan(2 * secondsOf(SETTINGS["sweep.interval"].default) + 2);
  });
});
