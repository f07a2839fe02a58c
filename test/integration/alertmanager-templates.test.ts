import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeWith, runProgram } from "../support/programs.ts";
import { makeFolder } from "../support/temporary-server.ts";

const TEMPLATES = "alertmanager/templates/tts.tmpl";
const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith("amtool", "Alertmanager's templates", (amtool) => {
  const render = (text: string, data: object) => {
    writeFileSync(join(folder, "data.json"), JSON.stringify(data));
    const { status, output } = runProgram(
      amtool,
      "template",
      "render",
      `--template.glob=${TEMPLATES}`,
      `--template.data=${join(folder, "data.json")}`,
      `--template.text=${text}`,
    );
    expect(status, output).toBe(0);
    // amtool ends it with a line feed of its own.
    return output.replace(/\n$/, "");
  };
  const rendered = (name: string, data: object) => render(`{{ template "${name}" . }}`, data);
  const HOSTILE = `a "b" \\ 'c' & <!channel> d+e %41\n中文`;
  const GROUPS = [
    { name: "a usual group", alertname: "TTSErrorBudgetBurn", slo: "task_success", worker: "worker-1" },
    { name: "hostile labels", alertname: HOSTILE, slo: HOSTILE, worker: HOSTILE },
  ].flatMap((labels) =>
    (["firing", "resolved"] as const).flatMap((status) => [
      { ...labels, status, annotated: true },
      { ...labels, status, annotated: false },
    ]),
  );

  describe.each(GROUPS)("for $name, $status, annotations $annotated", ({ status, annotated, ...given }) => {
    const { alertname, slo, worker } = given;
    const data = groupOf(status, { alertname, service: "tts", slo, severity: "critical" }, worker, annotated);

    it("lead to a silence for the labels of the group", () => {
      const url = new URL(rendered("tts.silence_url", data));
      expect(url.href).toMatch(/^https:\/\/alerts\.example\.org\/am\/#\/silences\/new\?filter=[\w%.~-]+$/);
      const [, filter = ""] = url.hash.split("filter=");
      const matchers = [...decodeURIComponent(filter).matchAll(/([{,])(\w+)=("(?:[^"\\]|\\.)*")(?=[,}])/g)];
      expect(matchers.map(([, , name, value = ""]) => [name, JSON.parse(value)])).toEqual([
        ["alertname", alertname],
        ["service", "tts"],
        ["slo", slo],
      ]);
    });

    it("lead to the dashboard at the time of the alert, and to the runbook, where there are any", () => {
      expect(rendered("tts.runbook_url", data)).toBe(annotated ? "https://runbooks.example.org/x" : "");
      const dashboard = rendered("tts.dashboard_url", data);
      if (!annotated) return expect(dashboard).toBe("");
      const { origin, searchParams } = new URL(dashboard);
      expect(origin).toBe("https://grafana.example.org");
      const from = String(Date.parse("2026-03-01T11:30:00Z"));
      expect(Object.fromEntries(searchParams)).toEqual({ "var-slo": "x", from, to: "now" });
    });

    it("say in one line what it is about, and whether it is over", () => {
      const name = alertname.replace(/\s+/g, " ").replace("<", "‹");
      const head = status === "firing" ? "[FIRING:2]" : "[RESOLVED]";
      const summary = annotated ? ": Budget burns." : "";
      expect(rendered("tts.title", data)).toBe(`${head} ${name}${summary}`);
      expect(rendered("tts.color", data)).toBe(status === "firing" ? "danger" : "good");
      expect(rendered("tts.severity", data)).toBe("critical");
    });

    it("tell of each alert, without a command to Slack", () => {
      const text = rendered("tts.text", data);
      expect(text).not.toMatch(/<|<no value>/);
      expect(text.match(/^Resolved: /gm) ?? []).toHaveLength(status === "resolved" ? 2 : 0);
      expect(text.match(/^Silence: /gm) ?? []).toHaveLength(status === "firing" ? 1 : 0);
      expect(text.match(/^Runbook: /gm) ?? []).toHaveLength(annotated ? 2 : 0);
      const shown = worker.replace("<", "‹");
      for (const number of [0, 1]) {
        expect(text).toContain(
          annotated
            ? `It burns at ${shown}-${number}.`
            : `worker=${JSON.stringify(`${worker}-${number}`).replace("<", "‹")}`,
        );
      }
    });
  });

  it("put a dashboard's from and to behind a question mark where there is none yet", () => {
    const [alert] = groupOf("firing", {}, "worker-1", true).alerts;
    const annotations = { dashboard_url: "https://grafana.example.org/d/tts-monitor" };
    const data = { status: "firing", alerts: [{ ...alert, annotations }] };
    expect(rendered("tts.dashboard_url", data)).toMatch(/\/d\/tts-monitor\?from=\d{13}&to=now$/);
  });

  it.each([
    ["critical", "critical", "danger"],
    ["warning", "warning", "warning"],
    ["page", "error", "warning"],
    [undefined, "error", "warning"],
  ])("make of the severity %s PagerDuty's %s and Slack's %s", (severity, ofPagerDuty, color) => {
    const data = groupOf("firing", { alertname: "A", ...(severity && { severity }) }, "worker-1", false);
    expect(rendered("tts.severity", data)).toBe(ofPagerDuty);
    expect(rendered("tts.color", data)).toBe(color);
  });

  it("tell ten alerts of a large group, and how many more there are", () => {
    const data = groupOf("firing", { alertname: "A" }, "worker", true, 13);
    const text = rendered("tts.text", data);
    expect(text.match(/^It burns/gm)).toHaveLength(10);
    expect(text).toContain("3 more are firing.");
  });
});

function groupOf(
  status: string,
  common: Readonly<Record<string, string>>,
  worker: string,
  annotated: boolean,
  size = 2,
) {
  const { severity: _, ...groupLabels } = common;
  const shared: Readonly<Record<string, string>> = annotated
    ? {
        summary: "Budget burns.",
        runbook_url: "https://runbooks.example.org/x",
        dashboard_url: "https://grafana.example.org/d/tts-slo?var-slo=x",
      }
    : {};
  const alerts = Array.from({ length: size }, (_, number) => ({
    status,
    labels: { ...common, worker: `${worker}-${number}` },
    annotations: { ...shared, ...(annotated && { description: `It burns at ${worker}-${number}.` }) },
    startsAt: "2026-03-01T12:00:00Z",
    endsAt: status === "resolved" ? "2026-03-01T13:00:00Z" : "0001-01-01T00:00:00Z",
    generatorURL: "https://prometheus.example.org/graph",
    fingerprint: String(number),
  }));
  return {
    receiver: "pager",
    status,
    alerts,
    groupLabels,
    commonLabels: common,
    commonAnnotations: shared,
    externalURL: "https://alerts.example.org/am",
  };
}
