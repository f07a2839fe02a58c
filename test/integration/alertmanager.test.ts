import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Labels } from "../support/alertmanager.ts";
import { describeWith, runProgram } from "../support/programs.ts";
import { ALERTS, readYaml } from "../support/rules.ts";

interface InhibitRule {
  source_matchers: string[];
  target_matchers: string[];
}

const CONFIG = "alertmanager/alertmanager.yml";
const TEMPLATES = "alertmanager/templates/tts.tmpl";
const CONFIG_TEXT = readFileSync(CONFIG, "utf8");
const TEMPLATES_TEXT = readFileSync(TEMPLATES, "utf8");
const ALERT_NAMES = [...new Set(ALERTS.map(({ alert }) => alert))];

describe("Alertmanager's configuration", () => {
  it("names alerts that there are", () => {
    expect([...CONFIG_TEXT.matchAll(/TTS\w+/g)].map(String)).toSatisfy((names: string[]) =>
      names.every((name) => ALERT_NAMES.includes(name)),
    );
  });

  it("has no inhibition in which an alert is source and target", () => {
    const { inhibit_rules } = readYaml<{ inhibit_rules: InhibitRule[] }>(CONFIG);
    const both = ALERTS.flatMap(({ alert, labels }) =>
      inhibit_rules
        .filter(({ source_matchers, target_matchers }) =>
          [...source_matchers, ...target_matchers].every((one) =>
            matches(one, { alertname: alert, ...labels }),
          ),
        )
        .map((rule) => ({ alert, rule })),
    );
    expect(both).toEqual([]);
  });

  it("uses each template that is defined, and no other", () => {
    const namesIn = (text: string, action: string) =>
      [...text.matchAll(new RegExp(`${action} "([^"]+)"`, "g"))].map(([, name]) => name);
    const used = [...namesIn(CONFIG_TEXT, "template"), ...namesIn(TEMPLATES_TEXT, "template")];
    expect([...new Set(used)].sort()).toEqual(namesIn(TEMPLATES_TEXT, "define").sort());
  });
});

function matches(matcher: string, labels: Labels): boolean {
  const [, label = "", operator, value = ""] = /^(\w+) (=~|=) "(.*)"$/.exec(matcher) ?? [];
  if (operator === undefined) throw new Error(`not understood: ${matcher}`);
  const actual = labels[label] ?? "";
  return operator === "=" ? actual === value : new RegExp(`^(?:${value})$`).test(actual);
}

describeWith("amtool", "Alertmanager's own checks", (amtool) => {
  it("accept its configuration", () => {
    const { status, output } = runProgram(amtool, "check-config", CONFIG);
    expect(status, output).toBe(0);
  });

  it.each([
    ["pager", "alertname=TTSTaskStuck", "severity=critical", "service=tts"],
    ["tickets", "alertname=TTSWorkerLost", "severity=warning", "service=tts"],
    ["nobody", "alertname=TTSNews", "severity=info", "service=tts"],
    ["dead-man", "alertname=TTSWatchdog", "severity=none", "service=tts"],
    ["pager", "alertname=SomebodyElses", "severity=critical"],
    ["tickets", "alertname=SomebodyElses", "severity=page"],
    ["tickets", "alertname=SomebodyElses"],
  ])("route to %s what has %s %s %s", (receiver, ...labels) => {
    const config = `--config.file=${CONFIG}`;
    const expected = `--verify.receivers=${receiver}`;
    const { status, output } = runProgram(amtool, "config", "routes", "test", config, expected, ...labels);
    expect(status, output).toBe(0);
  });
});
