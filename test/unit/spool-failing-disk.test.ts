import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type Logger, silentLogger } from "../../src/logger.ts";
import { parseSpool } from "../../src/worker/finish-record.ts";
import { createSpool } from "../../src/worker/spool.ts";
import { numbered } from "../support/finishes.ts";
import { mountSmallDisk } from "../support/small-disk.ts";
import { fileHandles, fileIn, finishesIn, useSpoolDir, written } from "../support/spools.ts";

const dir = useSpoolDir();

function countingLog() {
  const lines: string[] = [];
  const note = (level: string) => (fields: object | string, message?: string) =>
    void lines.push(`${level} ${message ?? fields}`);
  const log: Logger = {
    ...silentLogger,
    warn: note("warn"),
    error: note("error"),
    info: note("info"),
    child: () => log,
  };
  return { log, lines };
}

describe("the spool", () => {
  it("holds nothing of what the disk did not sync, and writes it once when it does", async () => {
    const { log, lines } = countingLog();
    const spool = createSpool(fileIn(dir()), log);
    const [first, ...rest] = numbered(10);
    if (!first) throw new Error("no first");
    spool.keep(first);
    await written(spool, [first]);
    const datasync = vi.spyOn(await fileHandles(dir()), "datasync");
    datasync.mockRejectedValueOnce(Object.assign(new Error("i/o error"), { code: "EIO" }));
    for (const finish of rest) spool.keep(finish);
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect([first, ...rest].filter((finish) => spool.holds(finish))).toEqual([first]);
    expect(finishesIn(fileIn(dir()))).toEqual([first]);
    spool.retry();
    await written(spool, rest);
    expect(finishesIn(fileIn(dir()))).toEqual([first, ...rest]);
    await spool.close();
  });

  it("says once that it cannot be written, and has everything once it can", async () => {
    const folder = join(dir(), "missing");
    const { log, lines } = countingLog();
    const spool = createSpool(fileIn(folder), log);
    const finishes = numbered(3);
    for (const finish of finishes) spool.keep(finish);
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    for (let i = 0; i < 3; i++) {
      spool.retry();
      await new Promise(setImmediate);
    }
    expect(finishes.some((finish) => spool.holds(finish))).toBe(false);
    mkdirSync(folder);
    await vi.waitFor(() => {
      spool.retry();
      expect(finishes.every((finish) => spool.holds(finish))).toBe(true);
    });
    expect(finishesIn(fileIn(folder))).toEqual(finishes);
    await spool.close();
    expect(lines).toEqual([
      "error the spool cannot be written: these results are in memory only",
      "info the spool can be written again",
    ]);
  });
});

describe("a full disk", () => {
  it("costs nothing that waits, and what it took before stays", async (context) => {
    const folder = join(dir(), "full");
    mkdirSync(folder);
    const disk = mountSmallDisk(folder);
    if (!disk) return context.skip();
    try {
      const { log, lines } = countingLog();
      const spool = createSpool(fileIn(folder), log);
      const [before, meanwhile] = [numbered(20), numbered(400, 100)];
      for (const finish of before) spool.keep(finish);
      await written(spool, before);
      disk.fill();
      for (const finish of meanwhile) spool.keep(finish);
      await vi.waitFor(() => expect(lines).toHaveLength(1));
      expect(before.every((finish) => spool.holds(finish))).toBe(true);
      expect(meanwhile.some((finish) => !spool.holds(finish))).toBe(true);
      expect(parseSpool(readFileSync(fileIn(folder), "utf8"))).toMatchObject({ broken: [], torn: false });
      disk.makeRoom();
      spool.retry();
      await written(spool, meanwhile);
      expect(finishesIn(fileIn(folder))).toEqual([...before, ...meanwhile]);
      await spool.close();
      expect(lines.map((line) => line.split(" ")[0])).toEqual(["error", "info"]);
    } finally {
      disk.unmount();
    }
  });
});
