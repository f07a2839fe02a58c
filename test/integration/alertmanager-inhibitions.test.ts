import { expect, it } from "vitest";
import { useAlertmanager } from "../support/alertmanager.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/programs.ts";
import { ALERTS, seriesBelow } from "../support/rules.ts";

const ALERT_NAMES = [...new Set(ALERTS.map(({ alert }) => alert))];
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

describeWith("alertmanager", "an Alertmanager with this configuration", (alertmanager) => {
  const { send, alertsWhere } = useAlertmanager(alertmanager);

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
});
