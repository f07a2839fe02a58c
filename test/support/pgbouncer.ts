import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { onAbruptEnd } from "./abrupt-end.ts";
import { urlOf } from "./database-urls.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./ports.ts";
import { makeFolder } from "./temporary-server.ts";

/** sessions for all clients of one database and user */
export const POOL_SIZE = 6;

/** A pgbouncer in transaction mode, as docs/pgbouncer.md configures it. */
export interface PgBouncer {
  /** the server's address that was given, by way of pgbouncer */
  readonly url: string;
  /** kill -9 */
  kill(): Promise<void>;
  /** Starts it again, on its port. */
  start(): Promise<void>;
  /** its clients, by their applications' names */
  clients(): Promise<string[]>;
  /** Ends it, and removes its folder. */
  remove(): Promise<void>;
}

/** @param program path of pgbouncer. @param serverUrl of any database, with a user that has a password */
export async function startPgBouncer(program: string, serverUrl: string): Promise<PgBouncer> {
  const folder = makeFolder();
  const port = await freePort();
  const config = join(folder, "pgbouncer.ini");
  const users = join(folder, "users.txt");
  const { username, password } = new URL(serverUrl);
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(config, configuration(serverUrl, port, users));
  for (const file of [config, users]) chmodSync(file, 0o644);
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);

  let child = await launch(program, config);
  const forget = onAbruptEnd(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const kill = async () => {
    if (!child.kill("SIGKILL")) return;
    await once(child, "exit");
  };
  return {
    url: url.href,
    kill,
    async start() {
      child = await launch(program, config);
    },
    async clients() {
      const client = new pg.Client({ connectionString: urlOf(url.href, "pgbouncer") });
      await client.connect();
      try {
        const { rows } = await client.query<{ database: string; application_name: string }>("show clients");
        return rows
          .filter(({ database }) => database !== "pgbouncer")
          .map(({ application_name }) => application_name);
      } finally {
        await client.end();
      }
    },
    async remove() {
      forget();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const NOBODY = 65534;

/** Resolves when it takes connections. */
async function launch(program: string, config: string): Promise<ChildProcess> {
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(program, [config], { cwd: "/", stdio: ["ignore", "ignore", "pipe"], ...user });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await eventually(
    "pgbouncer is up",
    () => output.includes("process up"),
    10_000,
    () => (child.exitCode === null ? undefined : `it ended: ${output}`),
  );
  return child;
}

/** What the documentation tells users to write, for any database of this server, and where to listen. */
function configuration(serverUrl: string, port: number, users: string): string {
  const documented = /```ini\n([\s\S]*?)```/.exec(readFileSync("docs/pgbouncer.md", "utf8"))?.[1] ?? "";
  const { hostname, port: serverPort, username } = new URL(serverUrl);
  const database = "tts = host=db.internal port=5432";
  if (!documented.includes(database)) throw new Error(`docs/pgbouncer.md has no line "${database}"`);
  return [
    documented.replace(database, `* = host=${hostname} port=${serverPort}`),
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = trust",
    `auth_file = ${users}`,
    `admin_users = ${username}`,
    `default_pool_size = ${POOL_SIZE}`,
    "max_client_conn = 500",
    "",
  ].join("\n");
}
