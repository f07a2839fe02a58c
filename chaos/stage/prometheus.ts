import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { isMap, isSeq, parseDocument } from "yaml";
import { findProgram } from "../../src/demo/programs.ts";
import { writeSecrets } from "../../src/demo/receivers.ts";
import { CONFIGURED_PORTS, relocate } from "../../src/demo/relocate.ts";
import { createPart, type OwnPart } from "./part.ts";
import type { Setting } from "./setting.ts";

const HOST = "127.0.0.1";
const IDLE = 600_000;

/** Prometheus and Alertmanager on this repository's own configuration, where they are installed. */
export async function createObservers(
  setting: Setting,
  exporters: readonly OwnPart[],
): Promise<{ prometheus?: OwnPart; alertmanager?: OwnPart; release(): void }> {
  const { recorder, folder, pickPort } = setting;
  const prometheus = findProgram("prometheus");
  // Debian calls it by the longer name.
  const alertmanager = findProgram("alertmanager", "prometheus-alertmanager");
  if (prometheus === undefined || alertmanager === undefined) {
    console.warn("skipped: alerts (Prometheus or Alertmanager is not installed)");
    return { release() {} };
  }
  const ports = { prometheus: await pickPort(), alertmanager: await pickPort(), receivers: await pickPort() };
  const release = await receive(ports.receivers);
  const secrets = join(folder, "secrets");
  writeSecrets(secrets, `${HOST}:${ports.receivers}`);
  const addresses = new Map([
    [CONFIGURED_PORTS.exporter, new URL(exporters[0]?.url ?? "").host],
    [CONFIGURED_PORTS.prometheus, `${HOST}:${ports.prometheus}`],
    [CONFIGURED_PORTS.alertmanager, `${HOST}:${ports.alertmanager}`],
    [CONFIGURED_PORTS.receivers, `${HOST}:${ports.receivers}`],
  ]);
  const write = (file: string, change = (yaml: string) => yaml) => {
    const path = join(folder, file.replace("/", "-"));
    const yaml = relocate(readFileSync(file, "utf8"), addresses, resolve(file, ".."), secrets);
    writeFileSync(path, change(yaml));
    return path;
  };
  const observer = (name: "prometheus" | "alertmanager", program: string, args: string[]) =>
    createPart(recorder, {
      name,
      kind: "prometheus",
      url: `http://${HOST}:${ports[name]}`,
      program,
      args: [...args, `--web.listen-address=${HOST}:${ports[name]}`, "--log.level=warn"],
    });
  mkdirSync(join(folder, "alertmanager"));
  return {
    prometheus: observer("prometheus", prometheus, [
      `--config.file=${write("prometheus.yml", (yaml) => forThisRun(yaml, exporters))}`,
      `--storage.tsdb.path=${join(folder, "prometheus")}`,
    ]),
    alertmanager: observer("alertmanager", alertmanager, [
      `--config.file=${write("alertmanager/alertmanager.yml")}`,
      `--storage.path=${join(folder, "alertmanager")}`,
      "--cluster.listen-address=",
    ]),
    release,
  };
}

/** Every exporter, and more often: a run is short. */
function forThisRun(yaml: string, exporters: readonly OwnPart[]): string {
  const document = parseDocument(yaml);
  document.setIn(["global", "scrape_interval"], "5s");
  document.setIn(["global", "scrape_timeout"], "4s");
  document.setIn(["global", "evaluation_interval"], "5s");
  const jobs = document.get("scrape_configs");
  const job =
    isSeq(jobs) && jobs.items.find((item) => isMap(item) && item.get("job_name") === "tts-exporter");
  if (!isMap(job)) throw new Error("prometheus.yml has no job tts-exporter");
  job.set("static_configs", [{ targets: exporters.map(({ url }) => new URL(url).host) }]);
  return String(document);
}

/** Takes what Alertmanager sends. */
async function receive(port: number): Promise<() => void> {
  const server = createServer({ keepAliveTimeout: IDLE }, (request, response) => {
    request.resume();
    response.end("ok");
  });
  server.listen(port, HOST);
  await once(server, "listening");
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
