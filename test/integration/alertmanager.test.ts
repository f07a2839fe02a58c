import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSecrets } from "../../src/demo/receivers.ts";
import { relocate } from "../../src/demo/relocate.ts";
import { eventually } from "../support/eventually.ts";
import { type Receivers, startReceivers } from "../support/notifications.ts";
import { freePort } from "../support/ports.ts";
import { startProgram, type TestProcess } from "../support/processes.ts";
import { describeWith, runProgram } from "../support/programs.ts";
import { ALERTS, readYaml, seriesBelow } from "../support/rules.ts";
import { makeFolder } from "../support/temporary-server.ts";

type Labels = Readonly<Record<string, string>>;
interface InhibitRule {
  source_matchers: string[];
  target_matchers: string[];
}

const CONFIG = "alertmanager/alertmanager.yml";
const TEMPLATES = "alertmanager/templates/tts.tmpl";
const CONFIG_TEXT = readFileSync(CONFIG, "utf8");
const TEMPLATES_TEXT = readFileSync(TEMPLATES, "utf8");
const ALERT_NAMES = [...new Set(ALERTS.map(({ alert }) => alert))];

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OUTAGES = ["TTSExporterDown", "TTSDatabaseDown", "TTSSnapshotStale"];
/** What says nothing where nobody reads the database. */
const FROM_EXPORTER = ALERT_NAMES.filter(
  (name) =>
    !OUTAGES.includes(name) &&
    ALERTS.some(
      ({ alert, expr }) =>
        alert === name && seriesBelow(expr).some((series) => /^tts_(db|monitor)_/.test(series)),
    ),
);
const MUTED_BY: Readonly<Record<string, readonly string[]>> = {
  TTSExporterDown: [
    ...FROM_EXPORTER,
    "TTSDatabaseDown",
    "TTSSnapshotStale",
    "TTSDiscoveryFailing",
    "TTSScrapeSlow",
  ],
  TTSDatabaseDown: [
    ...FROM_EXPORTER,
    "TTSSnapshotStale",
    "TTSDiscoveryFailing",
    "TTSScrapeSlow",
    "TTSWorkerWedged",
    "TTSWorkerEventsBuffered",
  ],
  TTSSnapshotStale: FROM_EXPORTER,
  TTSWorkersAllDown: [
    "TTSWorkerLost",
    "TTSWorkerDown",
    "TTSWorkersBelowExpected",
    "TTSConcurrencySaturated",
    "TTSQueueBacklogGrowing",
    "TTSQueueOldestTooOld",
    "TTSTaskNeverClaimed",
    "TTSTaskTimeoutsHigh",
    "TTSErrorBudgetBurn",
  ],
};

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

describeWith("alertmanager", "an Alertmanager with this configuration", (alertmanager) => {
  let receivers: Receivers;
  let process: TestProcess;
  let url: string;

  beforeAll(async () => {
    receivers = await startReceivers();
    const secrets = join(folder, "secrets");
    writeSecrets(secrets, receivers.address);
    const addresses = new Map([[9580, receivers.address]]);
    const config = relocate(CONFIG_TEXT, addresses, resolve("alertmanager"), secrets)
      .replace(/group_(wait|interval): \w+/g, "group_$1: 1s")
      // Never: the tests run at any hour.
      .replace("location: UTC", 'years: ["1970"]');
    expect(config).toContain("1970");
    const secretFiles = [...config.matchAll(/_file: (.+)$/gm)].map(([, file = ""]) => file);
    expect(secretFiles).not.toEqual([]);
    for (const file of secretFiles) expect(existsSync(file), file).toBe(true);
    writeFileSync(join(folder, "alertmanager.yml"), config);
    const listen = `127.0.0.1:${await freePort()}`;
    url = `http://${listen}`;
    process = startProgram(alertmanager, [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=${listen}`,
      "--cluster.listen-address=",
    ]);
    await process.answers(`${url}/-/ready`, 200, 30_000);
  });
  afterAll(async () => {
    await process.end();
    expect(receivers.problems).toEqual([]);
  });

  const send = async (alerts: readonly { labels: Labels; annotations?: Labels; endsAt?: string }[]) => {
    const response = await fetch(`${url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts),
    });
    expect(response.status, await response.text()).toBe(200);
  };
  const alertsWhere = async (condition: (labels: Labels) => boolean) => {
    const all = JSON.parse(await process.answers(`${url}/api/v2/alerts`)) as {
      labels: Labels;
      fingerprint: string;
      status: { inhibitedBy: string[] };
    }[];
    return all.filter(({ labels }) => condition(labels));
  };

  it("mutes by an alert what is no news beside it, and nothing else", async () => {
    const sources = [...Object.keys(MUTED_BY), "TTSSweeperStalled"];
    const pairs = sources.flatMap((source) =>
      ALERT_NAMES.filter((target) => target !== source).map((target) => ({ source, target })),
    );
    // `equal: [service]`: a service of its own for each pair keeps them apart.
    await send(
      pairs.flatMap(({ source, target }) =>
        [source, target].map((alertname) => ({ labels: { alertname, service: `${source}>${target}` } })),
      ),
    );
    const muted = async () => {
      const alerts = await alertsWhere(({ service = "" }) => service.includes(">"));
      expect(alerts).toHaveLength(2 * pairs.length);
      const named = new Map(alerts.map(({ fingerprint, labels }) => [fingerprint, labels["alertname"]]));
      return alerts
        .flatMap(({ labels, status }) =>
          status.inhibitedBy.map((by) => `${named.get(by)} > ${labels["alertname"]}`),
        )
        .sort();
    };
    // A pair that both ways would be muted, once from each of its sources, shows twice.
    const expected = pairs.flatMap(({ source, target }) => [
      ...(MUTED_BY[source]?.includes(target) ? [`${source} > ${target}`] : []),
      ...(MUTED_BY[target]?.includes(source) ? [`${target} > ${source}`] : []),
    ]);
    expect(expected.length).toBeGreaterThan(3 * FROM_EXPORTER.length);
    await eventually("just these are muted", async () => {
      expect(await muted()).toEqual(expected.sort());
      return true;
    });
  });

  it("mutes by a critical alert the warning of the same name and objective, among ours alone", async () => {
    const burn = (severity: string, service: string, slo: string) => ({
      labels: { alertname: "Burn", severity, service, slo },
    });
    await send([
      burn("critical", "tts", "task_success"),
      burn("warning", "tts", "task_success"),
      burn("warning", "tts", "task_latency"),
      burn("critical", "other", "task_success"),
      burn("warning", "other", "task_success"),
    ]);
    const muted = await eventually("one is muted", async () => {
      const burning = await alertsWhere(({ alertname }) => alertname === "Burn");
      expect(burning).toHaveLength(5);
      const inhibited = burning.filter(({ status }) => status.inhibitedBy.length > 0);
      return inhibited.length > 0 && inhibited;
    });
    expect(muted.map(({ labels }) => labels)).toEqual([burn("warning", "tts", "task_success").labels]);
  });

  it("tells each receiver in its own words when an alert begins and when it is over", async () => {
    const annotations = {
      summary: "only a test",
      description: "Nothing happened.",
      runbook_url: "https://runbooks.example.org/Drill",
      dashboard_url: "https://grafana.example.org/d/tts-monitor",
    };
    const drill = (alertname: string, severity: string, endsAt: string) => ({
      labels: { alertname, severity, service: "drill" },
      annotations,
      endsAt,
    });
    const kinds = [
      ["TTSWatchdog", "none"],
      ["Waits", "warning"],
      ["News", "info"],
      ["Page", "critical"],
      ["Ticket", "foreign"],
    ] as const;
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const told = () =>
      receivers.messages.filter(({ alertname }) => kinds.some(([name]) => name === alertname));
    const toldOf = (name: string, state: string) =>
      eventually(`${name} is ${state}`, () =>
        told().find(({ alertname, status }) => alertname === name && status === state),
      );

    await send(kinds.map(([name, severity]) => drill(name, severity, inHours(1))));
    expect(await toldOf("TTSWatchdog", "firing")).toMatchObject({ receiver: "dead-man" });
    for (const [name, receiver] of [
      ["Page", "pager"],
      ["Ticket", "tickets"],
    ] as const) {
      const { links, text, authorization: _, body: __, ...rest } = await toldOf(name, "firing");
      expect(rest).toEqual({ receiver, status: "firing", alertname: name, summary: "only a test" });
      expect(text).toContain("Nothing happened.");
      expect(links).toContain("https://runbooks.example.org/Drill");
      expect(links.join("\n")).toMatch(/\/d\/tts-monitor\?from=\d+&to=now$/m);
      expect(links.join("\n")).toMatch(/\/#\/silences\/new\?filter=%7Balertname%3D/);
    }
    await send(kinds.map(([name, severity]) => drill(name, severity, inHours(0))));
    await toldOf("Page", "resolved");
    await toldOf("Ticket", "resolved");
    expect(new Set(told().map(({ alertname, status }) => `${alertname} ${status}`))).toEqual(
      new Set(["TTSWatchdog firing", "Page firing", "Ticket firing", "Page resolved", "Ticket resolved"]),
    );
    const of = (name: string) => receivers.messages.filter(({ receiver }) => receiver === name);
    expect(of("dead-man").map(({ authorization }) => authorization)).toContain("Bearer demo");
    expect(of("pager").map(({ body }) => body)).toContainEqual(
      expect.objectContaining({
        routing_key: "demo",
        client: "tts-monitor",
        payload: expect.objectContaining({ severity: "critical", class: "Page" }),
      }),
    );
  });
});
