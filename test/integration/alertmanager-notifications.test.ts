import { expect, it } from "vitest";
import { useAlertmanager } from "../support/alertmanager.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/programs.ts";

describeWith("alertmanager", "an Alertmanager with this configuration", (alertmanager) => {
  const { send, messages } = useAlertmanager(alertmanager);

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
    const told = () => messages().filter(({ alertname }) => kinds.some(([name]) => name === alertname));
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
    const of = (name: string) => messages().filter(({ receiver }) => receiver === name);
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
