import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { query, read, serverOf, useEmbeddedBench, write } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/ports.ts";
import { isThere } from "../support/temporary-server.ts";

const bench = useEmbeddedBench();

test("data, password and port outlive a restart", async () => {
  const first = await bench.start();
  await write(first.url);
  await first.stop();
  const second = await bench.start();
  expect(second.url).toBe(first.url);
  expect(await read(second.url)).toBe(42);
});

test("the database is UTF-8, sorts by code point, listens on the loopback only and wants the password", async () => {
  const server = await bench.start();
  const [facts] = await query(
    server.url,
    `select current_database() as name, getdatabaseencoding() as encoding, 'Z' < 'a' as by_code_point,
       current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets`,
  );
  expect(facts).toEqual({
    name: "tts_monitor",
    encoding: "UTF8",
    by_code_point: true,
    addresses: "127.0.0.1",
    sockets: "",
  });
  await expect(query(server.url.replace(/:[^:@]+@/, ":guess@"), "select")).rejects.toThrow("password");
  const secrets = readdirSync(bench.dataDir()).filter((file) => file.startsWith("tts-monitor"));
  expect(secrets).not.toEqual([]);
  for (const name of secrets) expect(statSync(join(bench.dataDir(), name)).mode & 0o077, name).toBe(0);
});

test("after stop no process of the server is left, and stopping again does no harm", async () => {
  const server = await bench.start();
  const rows = await query(server.url, "select pid from pg_stat_activity where pid <> pg_backend_pid()");
  const pids = [server.pid, ...rows.map((row) => Number(row["pid"]))];
  expect(pids.length).toBeGreaterThan(3);
  const codes: (number | null)[] = [];
  server.onExit((code) => codes.push(code));
  await server.stop();
  expect(pids.filter(isThere)).toEqual([]);
  await server.stop();
  expect(codes).toEqual([0]);
});

test("a server that is killed tells its owner, and the next start recovers what was committed", async () => {
  const first = await bench.start();
  await write(first.url);
  const exit = new Promise((resolve) => first.onExit(resolve));
  process.kill(first.pid, "SIGKILL");
  expect(await exit).toBeNull();
  expect(existsSync(join(bench.dataDir(), "postmaster.pid"))).toBe(true);
  const second = await bench.start();
  expect(await read(second.url)).toBe(42);
});

test("a lock file whose process id belongs to a stranger by now does not keep the server from starting", async () => {
  const first = await bench.start();
  await write(first.url);
  const exit = new Promise((resolve) => first.onExit(resolve));
  process.kill(first.pid, "SIGKILL");
  await exit;
  // PostgreSQL itself believes in any living process of its own user.
  const { uid, gid } = statSync(bench.dataDir());
  const stranger = spawn("sleep", ["60"], { uid, gid });
  try {
    const lockFile = join(bench.dataDir(), "postmaster.pid");
    writeFileSync(lockFile, readFileSync(lockFile, "utf8").replace(/^\d+/, String(stranger.pid)));
    const second = await bench.start();
    expect(await read(second.url)).toBe(42);
    expect(isThere(stranger.pid ?? 0)).toBe(true);
  } finally {
    stranger.kill();
  }
});

test("a killed owner's server is ended by the next start, which loses nothing", async () => {
  const owner = bench.startOwner();
  const orphan = await serverOf(owner);
  await write(orphan.url);
  await owner.kill();
  expect(isThere(orphan.pid)).toBe(true);
  const second = await bench.start();
  expect(isThere(orphan.pid)).toBe(false);
  expect(second.url).toBe(orphan.url);
  expect(await read(second.url)).toBe(42);
});

test("while its owner lives, a second start is refused with the owner's id and the address, not the password", async () => {
  const owner = bench.startOwner();
  const server = await serverOf(owner);
  const { port, password } = new URL(server.url);
  const refusal = await bench.start().catch((error: Error) => error.message);
  expect(refusal).toBe(
    `the embedded database in ${bench.dataDir()} is already in use by process ${owner.pid}; ` +
      `end it, or set DATABASE_URL to its address: postgres://127.0.0.1:${port}/tts_monitor`,
  );
  expect(refusal).not.toContain(password);
  expect(await query(server.url, "select 1 as alive")).toEqual([{ alive: 1 }]);
  expect(await owner.end()).toEqual({ code: 0, signal: null });
  expect(isThere(server.pid)).toBe(false);
});

test("of several first starts at once in one folder exactly one gets the database", async () => {
  const owners = [bench.startOwner(), bench.startOwner(), bench.startOwner()];
  const first = await Promise.all(owners.map((owner) => owner.line(/^(server|refused).*/, 40_000)));
  const lines = first.map(([line]) => line);
  expect(lines.filter((line) => line.startsWith("server"))).toHaveLength(1);
  for (const line of lines.filter((line) => line.startsWith("refused")))
    expect(line).toContain("already in use");
  const winner = owners[lines.findIndex((line) => line.startsWith("server"))];
  await winner?.end();
  await Promise.all(owners.map((owner) => owner.exited));
});

test("a Ctrl-C in the owner's terminal does not reach the server", async () => {
  const owner = bench.startOwner();
  const server = await serverOf(owner);
  process.kill(-owner.pid, "SIGINT");
  await owner.line(/owner got SIGINT/);
  expect(await query(server.url, "select 1 as alive")).toEqual([{ alive: 1 }]);
  await owner.end();
});

test("a first start that is killed while the data directory is being made spoils nothing", async () => {
  const owner = bench.startOwner();
  const unfinished = () => readdirSync(bench.folder()).find((name) => name.startsWith("postgres.initdb-"));
  await eventually("initdb is at work", () =>
    existsSync(join(bench.folder(), unfinished() ?? "none", "data", "base")),
  );
  await owner.kill();
  expect(existsSync(bench.dataDir())).toBe(false);
  const server = await bench.start();
  expect(await query(server.url, "select 1 as alive")).toEqual([{ alive: 1 }]);
  expect(readdirSync(bench.folder())).toEqual(["postgres"]);
});

test("a folder that holds something else is left alone", async () => {
  mkdirSync(bench.dataDir());
  writeFileSync(join(bench.dataDir(), "thesis.txt"), "years of work");
  await expect(bench.start()).rejects.toThrow(`${bench.dataDir()} is no embedded database`);
  expect(readdirSync(bench.dataDir())).toEqual(["thesis.txt"]);
});

test("a wanted port that is taken is named", async () => {
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  try {
    await expect(bench.start({ port })).rejects.toThrow(`cannot listen on port ${port}: EADDRINUSE`);
  } finally {
    other.close();
  }
});

test("where a stranger took last time's port, the server moves to another", async () => {
  const first = await bench.start();
  await first.stop();
  const stranger = createServer().listen(first.port, "127.0.0.1");
  try {
    const second = await bench.start();
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, "select 1 as alive")).toEqual([{ alive: 1 }]);
  } finally {
    stranger.close();
  }
});

test("a setting that PostgreSQL refuses is told in its own words", async () => {
  await expect(bench.start({ settings: { shared_buffers: "plenty" } })).rejects.toThrow(
    /did not start: .*shared_buffers/,
  );
});
