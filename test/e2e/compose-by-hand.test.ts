import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { secretsOf, service } from "../support/compose.ts";
import { lastOf, pairsOf, wordsOf } from "../support/dockerfile.ts";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { EXAMPLE } from "../support/grafana-provisioning.ts";
import { freePort } from "../support/ports.ts";
import { startOwnPostgres } from "../support/postgres.ts";
import { startNode, type TestProcess } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { listening } from "../support/serve.ts";
import { makeFolder } from "../support/temporary-server.ts";

// What docker-compose.yml starts of ours, in its order, with its commands, variables, roles and secrets: but on this
// machine, and without containers.
const SCRIPT = "deploy/compose/make-secrets.sh";
const ROLES = "deploy/compose/roles.sql";
const folder = makeFolder();
let server: Awaited<ReturnType<typeof startOwnPostgres>>;
let database = "";

beforeAll(async () => {
  server = await startOwnPostgres({ fsync: "off" });
  mkdirSync(join(folder, "deploy/compose"), { recursive: true });
  cpSync(SCRIPT, join(folder, SCRIPT));
  execFileSync("sh", [join(folder, SCRIPT)]);
  database = service("postgres").environment?.["POSTGRES_DB"] ?? "";
  const owner = service("postgres").environment?.["POSTGRES_USER"] ?? "";
  await runSql(server.url, `create role ${owner} superuser login password '${secret("owner-password")}'`);
  // The server has that database already.
  await runSql(server.url, `alter database ${database} owner to ${owner}`);
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

const secretFile = (name: string) => join(folder, "secrets", `${name}.txt`);
const secret = (name: string) => readFileSync(secretFile(name), "utf8").trim();

async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** One of our services' programs, with this machine's addresses and files in place of the containers'. */
function startService(name: string, overrides: Record<string, string> = {}): TestProcess {
  const { build, command, environment = {} } = service(name);
  const target = build?.target ?? "";
  const demo = target === "demo";
  const url = new URL(environment["TTS_MONITOR_DATABASE_URL"] ?? "");
  url.host = `127.0.0.1:${server.port}`;
  const files = [...secretsOf(service(name))].map(([one, path]) => [path, secretFile(one)] as const);
  const env = Object.fromEntries(
    Object.entries({ ...(demo && pairsOf("demo", "ENV")), ...environment }).map(([variable, value]) => [
      variable,
      new Map(files).get(value) ?? value,
    ]),
  );
  const script = resolve(demo ? "dist/demo/container-main.js" : "dist/cli.js");
  const words = command ?? wordsOf(lastOf(target, "CMD"));
  return startNode([script, ...words], {
    env: { ...env, TTS_MONITOR_DATABASE_URL: url.href, ...overrides },
  });
}

describeWith("psql", "the services of docker-compose.yml", (psql) => {
  it("come up in their order, each with its own role, and Prometheus is told of the workers", async () => {
    const sql = readFileSync(ROLES, "utf8").replaceAll(/\/run\/secrets\/([\w-]+)/g, (_, name: string) =>
      secretFile(name),
    );
    writeFileSync(join(folder, "roles.sql"), sql);
    const url = server.urlOf(database);
    execFileSync(psql, ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-f", join(folder, "roles.sql"), url]);

    for (const once of ["migrate", "demo-tables", "demo-track"]) {
      const process = startService(once);
      expect(await process.exited, process.output()).toEqual({ code: 0, signal: null });
    }
    const exporter = await listening(
      startService("exporter", { TTS_MONITOR_WEB_LISTEN_ADDRESS: "127.0.0.1:0" }),
    );
    await exporter.process.answers(`${exporter.url}/-/ready`, 200, 30_000);

    const port = await freePort();
    const worker = startService("worker", {
      TTS_MONITOR_WEB_LISTEN_ADDRESS: `:${port}`,
      TTS_MONITOR_DATA_DIR: join(folder, "data"),
      TTS_MONITOR_RATE: "5",
      TTS_MONITOR_FAULT_CRASH: "0",
    });
    await worker.answers(`http://127.0.0.1:${port}/-/ready`, 200, 30_000);
    expect(await exporter.json("/sd/workers")).toEqual([
      { targets: [`${hostname()}:${port}`], labels: { worker: hostname() } },
    ]);
    const lines = await eventually(
      "a text has its audio",
      async () => {
        const scrape = await exporter.scrape();
        return (total(scrape, "tts_db_texts_completed") ?? 0) > 0 && scrape;
      },
      60_000,
    );
    expect(total(lines, "tts_monitor_texts_tracked")).toBe(1);

    const grafana = new URL(url);
    grafana.username = EXAMPLE["TTS_POSTGRES_USER"] ?? "";
    grafana.password = secret("grafana-password");
    await expect(runSql(grafana.href, "select * from tts_monitor.tasks")).resolves.toBeUndefined();
    await expect(runSql(grafana.href, "select content from tts_texts")).rejects.toThrow(/permission denied/);

    for (const process of [worker, exporter.process]) {
      expect(await process.end(), process.output()).toEqual({ code: 0, signal: null });
    }
  });
});
