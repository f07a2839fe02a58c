import { expect, test } from "vitest";
import { readNotification } from "../../src/demo/notification.ts";

const RUNBOOK = "https://runbooks.example.org/Drill";
const DASHBOARD = "https://grafana.example.org/d/x?from=1&to=now";

test.each([
  ["trigger", "[FIRING]", "firing"],
  ["trigger", "[FIRING:2]", "firing"],
  ["resolve", "[RESOLVED]", "resolved"],
] as const)(
  "a PagerDuty event that says %s with the title %s is one that is %s",
  (event_action, head, status) => {
    expect(
      readNotification({
        routing_key: "key",
        event_action,
        payload: {
          summary: `${head} Drill: only a test: really`,
          custom_details: { alerts: "Nothing happened.", firing: "", num_firing: "1" },
        },
        client_url: DASHBOARD,
        links: [
          { href: RUNBOOK, text: "Runbook" },
          { href: DASHBOARD, text: "Dashboard" },
        ],
      }),
    ).toEqual([
      {
        status,
        alertname: "Drill",
        summary: "only a test: really",
        links: [DASHBOARD, RUNBOOK],
        text: "Nothing happened.",
      },
    ]);
  },
);

test.each([
  ["[FIRING:12]", "firing"],
  ["[RESOLVED]", "resolved"],
] as const)("a Slack message with the title %s is one that is %s", (head, status) => {
  const text = `Nothing happened.\nRunbook: ${RUNBOOK}\nDashboard: ${DASHBOARD}`;
  expect(
    readNotification({ attachments: [{ title: `${head} Drill: only a test`, title_link: DASHBOARD, text }] }),
  ).toEqual([{ status, alertname: "Drill", summary: "only a test", links: [DASHBOARD, RUNBOOK], text }]);
});

test("Alertmanager's own message is one for each alert", () => {
  const labels = { alertname: "Drill", worker: "worker-1" };
  const annotations = { summary: "only a test", description: "Nothing happened.", runbook_url: RUNBOOK };
  expect(
    readNotification({
      status: "firing",
      alerts: [{ status: "firing", labels, annotations }, { status: "resolved" }],
    }),
  ).toEqual([
    {
      status: "firing",
      alertname: "Drill",
      summary: "only a test",
      links: [RUNBOOK],
      text: "Nothing happened.",
    },
    { status: "resolved", summary: "", links: [], text: "" },
  ]);
});

test("an alert without a summary keeps its name, and a strange title is the summary", () => {
  const titled = (title: string) => readNotification({ attachments: [{ title }] });
  expect(titled("[FIRING] Drill")).toMatchObject([{ alertname: "Drill", summary: "" }]);
  const [strange] = titled("Drill: only a test");
  expect(strange).toMatchObject({ summary: "Drill: only a test" });
  expect(strange).not.toHaveProperty("alertname");
});

test.each([null, "text", [], {}, { text: "a message of somebody else" }])("%j is refused", (body) => {
  expect(() => readNotification(body)).toThrow(TypeError);
});
