import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostPort } from "../domain/address.ts";
import { type Child, startChild } from "./child.ts";
import type { DemoContext } from "./context.ts";
import { findProgram } from "./programs.ts";
import { untilReady } from "./ready.ts";
import { startReceivers, writeSecrets } from "./receivers.ts";
import { CONFIGURED_PORTS, relocate } from "./relocate.ts";
import { timeOfDay } from "./screen.ts";

const HOST = "127.0.0.1";
/** More than the program's guard gives it. */
const GRACE_MS = 8000;

export interface Observers {
  /** undefined: not installed */
  prometheusUrl: string | undefined;
  alertmanagerUrl: string | undefined;
}

/**
 * Starts Prometheus and Alertmanager, where they are installed, on this repository's own configuration. What
 * Alertmanager sends becomes lines on the screen.
 */
export async function startObservers(context: DemoContext, exporterAddress: string): Promise<Observers> {
  const { folders, pickPort, step, stop } = context;
  const prometheus = findProgram("prometheus");
  // Debian calls it by the longer name.
  const alertmanager = findProgram("alertmanager", "prometheus-alertmanager");
  const prometheusAddress = hostPort(HOST, await step(pickPort(CONFIGURED_PORTS.prometheus, HOST)));
  const alertmanagerAddress = hostPort(HOST, await step(pickPort(CONFIGURED_PORTS.alertmanager, HOST)));
  const receiversAddress = await startReceivers(context, CONFIGURED_PORTS.receivers);
  const addresses = new Map([
    [CONFIGURED_PORTS.exporter, exporterAddress],
    [CONFIGURED_PORTS.prometheus, prometheusAddress],
    [CONFIGURED_PORTS.alertmanager, alertmanagerAddress],
    [CONFIGURED_PORTS.receivers, receiversAddress],
  ]);
  const started: Promise<unknown>[] = [];
  if (alertmanager) {
    writeSecrets(secretsIn(folders.run), receiversAddress);
    const child = startProgram(context, "alertmanager", [
      alertmanager,
      `--config.file=${relocated("../../alertmanager/alertmanager.yml", addresses, folders.run)}`,
      `--storage.path=${folders.alertmanager}`,
      `--web.listen-address=${alertmanagerAddress}`,
      "--cluster.listen-address=",
      "--log.level=warn",
    ]);
    started.push(untilReady(`http://${alertmanagerAddress}/-/ready`, child, stop));
  }
  if (prometheus) {
    const child = startProgram(context, "prometheus", [
      prometheus,
      `--config.file=${relocated("../../prometheus.yml", addresses, folders.run)}`,
      `--storage.tsdb.path=${folders.prometheus}`,
      `--web.listen-address=${prometheusAddress}`,
      "--log.level=warn",
    ]);
    started.push(untilReady(`http://${prometheusAddress}/-/ready`, child, stop));
  }
  await step(Promise.all(started));
  return {
    prometheusUrl: prometheus && `http://${prometheusAddress}`,
    alertmanagerUrl: alertmanager && `http://${alertmanagerAddress}`,
  };
}

/** Writes one of the repository's configurations with the demo's addresses; returns its path. */
function relocated(file: string, addresses: ReadonlyMap<number, string>, runDir: string): string {
  const source = fileURLToPath(new URL(file, import.meta.url));
  const target = `${runDir}/${basename(file)}`;
  writeFileSync(
    target,
    relocate(readFileSync(source, "utf8"), addresses, dirname(source), secretsIn(runDir)),
  );
  return target;
}

function secretsIn(runDir: string): string {
  return join(runDir, "secrets");
}

function startProgram({ folders, print, atEnd }: DemoContext, name: string, commandLine: string[]): Child {
  const child = startChild({ name, module: "program-main", args: commandLine, logDir: folders.logs });
  let stopping = false;
  void child.ended.then((how) => {
    if (!stopping) print(`${timeOfDay()}  ${name} ended (${how}): see ${folders.logs}/${name}.log`);
  });
  atEnd(async () => {
    stopping = true;
    await child.stop(GRACE_MS);
  });
  return child;
}
