import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSecrets } from "../../src/demo/receivers.ts";
import { CONFIGURED_PORTS } from "../../src/demo/relocate.ts";
import { onAbruptEnd } from "./abrupt-end.ts";
import { atEndOfFile } from "./end-of-file.ts";
import { type Receivers, startReceivers } from "./notifications.ts";
import { freePort } from "./ports.ts";
import { startProgram } from "./processes.ts";
import { shortenedAlertmanager, shortenedPrometheus } from "./shortened-config.ts";
import { makeFolder } from "./temporary-server.ts";

export interface Alerting {
  receivers: Receivers;
  prometheusUrl: string;
  /** From now on the rules are evaluated. */
  evaluate(rules: ReadonlyMap<string, string>): Promise<void>;
  /** how many targets of a job answer */
  up(job: string): Promise<number>;
  /** the alerts that fire, in Prometheus or still in Alertmanager, but for the watchdog */
  firing(): Promise<string[]>;
  /** evaluations that failed, by Prometheus' own count and its rules' health, and its and Alertmanager's warnings */
  problems(): Promise<string[]>;
  stop(): Promise<void>;
}

export interface Programs {
  prometheus: string;
  alertmanager: string;
}

/**
 * Prometheus and Alertmanager on our files, with shortened times, and receivers that keep what they get. Prometheus has
 * no rules yet: it takes ten seconds to know its targets, in which shortened rules would page for what is not there.
 */
export async function startAlerting(programs: Programs, exporterAddress: string): Promise<Alerting> {
  const folder = makeFolder();
  const rulesFolder = join(folder, "rules");
  mkdirSync(rulesFolder);
  const receivers = await startReceivers();
  const [prometheus, alertmanager] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const addresses = new Map([
    [CONFIGURED_PORTS.exporter, exporterAddress],
    [CONFIGURED_PORTS.prometheus, prometheus],
    [CONFIGURED_PORTS.alertmanager, alertmanager],
    [CONFIGURED_PORTS.receivers, receivers.address],
  ]);
  cpSync("alertmanager", join(folder, "alertmanager"), { recursive: true });
  writeSecrets(join(folder, "alertmanager/secrets"), receivers.address);
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const routes = shortenedAlertmanager(addresses, join(folder, "alertmanager"));
  const observers = {
    [alertmanager]: startProgram(programs.alertmanager, [
      `--config.file=${write("alertmanager/alertmanager.yml", routes)}`,
      `--storage.path=${join(folder, "alertmanager-data")}`,
      `--web.listen-address=${alertmanager}`,
      "--cluster.listen-address=",
      "--log.level=warn",
    ]),
    [prometheus]: startProgram(programs.prometheus, [
      `--config.file=${write("prometheus.yml", shortenedPrometheus(addresses, rulesFolder))}`,
      `--storage.tsdb.path=${join(folder, "prometheus-data")}`,
      `--web.listen-address=${prometheus}`,
      "--web.enable-lifecycle",
      // A minute by default, for which an alert that Alertmanager missed would stay unknown to it.
      "--rules.alert.resend-delay=5s",
      "--log.level=warn",
    ]),
  };
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const forget = onAbruptEnd(removeFolder);
  atEndOfFile(() => {
    removeFolder();
    forget();
  });
  const get = async <T>(address: string, path: string): Promise<T> => {
    const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(5000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`);
    return JSON.parse(body);
  };
  const query = async (promql: string): Promise<number> => {
    const path = `/api/v1/query?query=${encodeURIComponent(promql)}`;
    const { data } = await get<Answer<{ result: { value: [number, string] }[] }>>(prometheus, path);
    return Number(data.result[0]?.value[1] ?? 0);
  };
  for (const [address, observer] of Object.entries(observers)) {
    await observer.answers(`http://${address}/-/ready`, 200, 20_000);
  }
  return {
    receivers,
    prometheusUrl: `http://${prometheus}`,
    async evaluate(rules) {
      for (const [name, text] of rules) write(join("rules", name), text);
      const response = await fetch(`http://${prometheus}/-/reload`, { method: "POST" });
      if (!response.ok) throw new Error(await response.text());
    },
    up: (job) => query(`sum(up{job="${job}"})`),
    async firing() {
      const { data } = await get<Answer<{ alerts: (Alert & { state: string })[] }>>(
        prometheus,
        "/api/v1/alerts",
      );
      const firing = data.alerts.filter(({ state }) => state === "firing");
      const known = await get<Alert[]>(alertmanager, "/api/v2/alerts?active=true");
      const names = [...firing, ...known].map(({ labels }) => labels.alertname);
      return [...new Set(names)].filter((name) => name !== "TTSWatchdog").sort();
    },
    async problems() {
      const { data } = await get<Answer<{ groups: { rules: RuleState[] }[] }>>(prometheus, "/api/v1/rules");
      const unhealthy = data.groups
        .flatMap(({ rules }) => rules)
        .filter(({ health }) => health !== "ok")
        .map(({ name, health, lastError }) => `${name} is ${health}: ${lastError}`);
      const failed = await query("sum(prometheus_rule_evaluation_failures_total)");
      const failures = failed > 0 ? [`${failed} evaluations failed`] : [];
      return [
        ...unhealthy,
        ...failures,
        ...receivers.problems,
        ...Object.values(observers)
          .flatMap(({ output }) => output().split("\n").filter(Boolean))
          .filter(unexpected),
      ];
    },
    async stop() {
      for (const observer of Object.values(observers)) await observer.kill();
    },
  };
}

interface Answer<T> {
  data: T;
}

interface Alert {
  labels: { alertname: string };
}

interface RuleState {
  name: string;
  health: string;
  lastError?: string;
}

/**
 * Where the exporter names no workers, as while the database is away, or not within a second, Prometheus keeps those that
 * it knows.
 */
function unexpected(line: string): boolean {
  return !line.includes("Unable to refresh target groups");
}
