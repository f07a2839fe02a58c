import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../src/demo/programs.ts";
import { relocate } from "../../src/demo/relocate.ts";
import { onAbruptEnd } from "../../test/support/abrupt-end.ts";
import { freePort } from "../../test/support/ports.ts";
import { shortenedPrometheus } from "../../test/support/shortened-config.ts";
import { shortenedRules } from "../../test/support/shortened-rules.ts";
import { makeFolder } from "../../test/support/temporary-server.ts";
import { start } from "../support/process.ts";
import { quick } from "../support/report.ts";

export interface Prometheus {
  /** The sum of the query's samples; 0 where there are none. */
  query(promql: string): Promise<number>;
  /** Its own metric, as it is now. */
  own(metric: string): Promise<number>;
  /** Ends it, and removes its data. */
  remove(): Promise<void>;
}

/**
 * A real Prometheus on our prometheus.yml and our rules, at the exporter's address; in a quick run with a second in
 * place of each interval.
 * @returns undefined where it is not installed
 */
export async function startPrometheus(exporterUrl: string): Promise<Prometheus | undefined> {
  const program = findProgram("prometheus");
  if (!program) return undefined;
  const folder = makeFolder();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const forget = onAbruptEnd(removeFolder);
  const address = `127.0.0.1:${await freePort()}`;
  try {
    const child = start(program, [
      `--config.file=${await writeConfig(folder, exporterUrl, address)}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
    ]);
    await child.says(/Server is ready to receive web requests/);
    return {
      async query(promql) {
        const found = await get(`http://${address}/api/v1/query?query=${encodeURIComponent(promql)}`);
        const { data } = JSON.parse(found) as { data: { result: { value: [number, string] }[] } };
        return data.result.reduce((sum, { value: [, value] }) => sum + Number(value), 0);
      },
      async own(metric) {
        return sample(await get(`http://${address}/metrics`), metric);
      },
      async remove() {
        await child.end();
        removeFolder();
        forget();
      },
    };
  } catch (error) {
    removeFolder();
    forget();
    throw error;
  }
}

async function writeConfig(folder: string, exporterUrl: string, address: string): Promise<string> {
  const addresses = new Map([
    [9560, new URL(exporterUrl).host],
    [9090, address],
    // Nobody listens there: what the rules say is not our question.
    [9093, `127.0.0.1:${await freePort()}`],
  ]);
  const file = join(folder, "prometheus.yml");
  if (quick) {
    const rules = join(folder, "rules");
    mkdirSync(rules);
    for (const [name, text] of shortenedRules({})) writeFileSync(join(rules, name), text);
    writeFileSync(file, shortenedPrometheus(addresses, rules));
  } else {
    writeFileSync(file, relocate(readFileSync("prometheus.yml", "utf8"), addresses, "."));
  }
  return file;
}

/** Fails unless the answer is a good one. @returns its body */
export async function get(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${body}`);
  return body;
}

/** The value of a metric without labels in an exposition. */
export function sample(exposition: string, metric: string): number {
  const [, value] = new RegExp(`^${metric} (\\S+)$`, "m").exec(exposition) ?? [];
  if (value === undefined) throw new Error(`there is no ${metric}`);
  return Number(value);
}
