import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { writeSecrets } from "../../src/demo/receivers.ts";
import { CONFIGURED_PORTS, relocate } from "../../src/demo/relocate.ts";
import { type Receivers, startReceivers } from "./notifications.ts";
import { freePort } from "./ports.ts";
import { startProgram, type TestProcess } from "./processes.ts";
import { makeFolder } from "./temporary-server.ts";

export type Labels = Readonly<Record<string, string>>;

interface NewAlert {
  labels: Labels;
  annotations?: Labels;
  /** ISO 8601 */
  endsAt?: string;
}

interface KnownAlert {
  labels: Labels;
  fingerprint: string;
  status: { inhibitedBy: string[] };
}

const CONFIG_TEXT = readFileSync("alertmanager/alertmanager.yml", "utf8");

/** An Alertmanager with our configuration, which groups for a second only, for the suite in which this is called. */
export function useAlertmanager(alertmanager: string) {
  const folder = makeFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let receivers: Receivers;
  let process: TestProcess;
  let url: string;

  beforeAll(async () => {
    receivers = await startReceivers();
    const secrets = join(folder, "secrets");
    writeSecrets(secrets, receivers.address);
    const addresses = new Map([[CONFIGURED_PORTS.receivers, receivers.address]]);
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

  return {
    /** What the receivers have got so far. */
    messages: () => receivers.messages,
    async send(alerts: readonly NewAlert[]): Promise<void> {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      expect(response.status, await response.text()).toBe(200);
    },
    async alertsWhere(condition: (labels: Labels) => boolean): Promise<KnownAlert[]> {
      const all = JSON.parse(await process.answers(`${url}/api/v2/alerts`)) as KnownAlert[];
      return all.filter(({ labels }) => condition(labels));
    },
  };
}
