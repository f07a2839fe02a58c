import { execFileSync } from "node:child_process";
import { chownSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { withClient } from "../../src/db/connect.ts";
import { startTemporaryServer, type TemporaryServer } from "./temporary-server.ts";

/**
 * A hot standby of a server to which nobody writes just now: from its return on, no commit is acknowledged that it does
 * not have.
 */
export async function startStandby(
  primary: TemporaryServer,
  settings: Record<string, string> = { fsync: "off" },
): Promise<TemporaryServer> {
  return withClient(primary.url, "test support", async (client) => {
    const { hostname, port, username, password } = new URL(primary.url);
    const conninfo = `host=${hostname} port=${port} user=${username} password=${password}`;
    const standby = await startTemporaryServer({
      settings: { ...settings, primary_conninfo: `${conninfo} application_name=standby` },
      prepare: (dataDir) => copyData(client, primary.dataDir, dataDir),
    });
    await client.query("alter system set synchronous_standby_names = '*'");
    await client.query("select pg_reload_conf()");
    return standby;
  });
}

/** Makes the standby the primary; resolves when it takes writes. */
export async function promote(standby: TemporaryServer): Promise<void> {
  await withClient(standby.url, "test support", (client) => client.query("select pg_promote()"));
}

/** A base backup, as pg_basebackup makes it: the npm package has the server's own programs only. */
async function copyData(client: pg.Client, from: string, to: string): Promise<void> {
  await client.query("select pg_backup_start('standby', true)");
  execFileSync("cp", ["-a", from, to]);
  const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop()");
  rmSync(join(to, "postmaster.pid"));
  const { uid, gid } = statSync(to);
  for (const [name, content = ""] of [["backup_label", rows[0]?.labelfile], ["standby.signal"]] as const) {
    writeFileSync(join(to, name), content);
    chownSync(join(to, name), uid, gid);
  }
}
