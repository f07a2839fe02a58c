import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, statSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findBinaries } from "../../src/db/embedded/binaries.ts";
import { copyPackage, read, serverOf, useEmbeddedBench, write } from "../support/embedded.ts";

const bench = useEmbeddedBench();
afterEach(() => {
  vi.unstubAllEnvs();
});

const isRoot = process.getuid?.() === 0;
const hasSetpriv = spawnSync("setpriv", ["--version"]).status === 0;
const NOBODY = { uid: 65534, gid: 65534 };
const userOf = (pid: number) => statSync(`/proc/${pid}`).uid;

describe.skipIf(!isRoot)("started by root", () => {
  test("the server runs as another user", async () => {
    const server = await bench.start();
    expect(userOf(server.pid)).not.toBe(0);
    expect(statSync(bench.dataDir()).uid).toBe(userOf(server.pid));
  });

  test("an ordinary user's database stays that user's", async () => {
    chownSync(bench.folder(), NOBODY.uid, NOBODY.gid);
    const owner = bench.startOwner(NOBODY);
    const server = await serverOf(owner);
    expect(userOf(server.pid)).toBe(NOBODY.uid);
    await write(server.url);
    await owner.end();

    const byRoot = await bench.start();
    expect(await read(byRoot.url)).toBe(42);
    await byRoot.stop();

    const again = bench.startOwner(NOBODY);
    expect(await read((await serverOf(again)).url)).toBe(42);
    await again.end();
  });

  test("data that were copied by root are given back to the server's user", async () => {
    const first = await bench.start();
    await write(first.url);
    await first.stop();
    spawnSync("chown", ["-R", "0:0", bench.dataDir()]);
    expect(await read((await bench.start()).url)).toBe(42);
  });

  test.skipIf(!hasSetpriv)("a checkout that is closed to every other user will do", async () => {
    chmodSync(bench.folder(), 0o700);
    const binaries = await findBinaries(copyPackage(bench.folder()));
    const first = await bench.start({ binaries });
    expect(userOf(first.pid)).not.toBe(0);
    await write(first.url);
    await first.stop();
    expect(await read((await bench.start({ binaries })).url)).toBe(42);
  });

  test("without setpriv, the message names the folder that is closed", async () => {
    chmodSync(bench.folder(), 0o700);
    vi.stubEnv("PATH", "/nowhere");
    await expect(bench.start()).rejects.toThrow(
      `may not enter ${bench.folder()}; run tts-monitor as an ordinary user, or set DATABASE_URL`,
    );
  });

  test("an ordinary user is told that the data are another's, or that the folder is", async () => {
    const stranger = bench.startOwner(NOBODY);
    await stranger.line(/refused: the embedded database in .* cannot be made: EACCES/, 30_000);
    await stranger.exited;

    await (await bench.start()).stop();
    const second = bench.startOwner(NOBODY);
    await second.line(/refused: the embedded database in .* belongs to another user/, 30_000);
    await second.exited;
  });
});
