import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { type Finish, lineOf } from "../../src/worker/finish-record.ts";
import { createSpool } from "../../src/worker/spool.ts";
import { anyFinish, late, numbered } from "../support/finishes.ts";
import { fileHandles, fileIn, finishesIn, useSpoolDir, written } from "../support/spools.ts";

const dir = useSpoolDir();

describe("the spool", () => {
  it("has no file while nothing waits, and none again when the last finish is released", async () => {
    const file = fileIn(dir());
    const spool = createSpool(file, silentLogger);
    const [first, second] = [late(1n), late(2n)];
    expect(readdirSync(dir())).toEqual([]);
    spool.keep(first);
    spool.keep(second);
    await written(spool, [first, second]);
    expect(finishesIn(file)).toEqual([first, second]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    spool.release(first);
    expect(existsSync(file)).toBe(true);
    spool.release(second);
    await spool.close();
    expect(readdirSync(dir())).toEqual([]);
  });

  it("holds all that was kept, in order, after its close", async () => {
    const spool = createSpool(fileIn(dir()), silentLogger);
    const finishes = numbered(500);
    for (const finish of finishes) spool.keep(finish);
    await spool.close();
    expect(finishesIn(fileIn(dir()))).toEqual(finishes);
    expect(finishes.every((finish) => spool.holds(finish))).toBe(true);
  });

  it("syncs once for all that has gathered meanwhile", async () => {
    const spool = createSpool(fileIn(dir()), silentLogger);
    const finishes = numbered(300);
    const datasync = vi.spyOn(await fileHandles(dir()), "datasync");
    for (const finish of finishes) spool.keep(finish);
    await written(spool, finishes);
    // The first one made the file; the others came while it did.
    expect(datasync).toHaveBeenCalledTimes(1);
    await spool.close();
  });

  it("is small again where much was released while one finish stays", async () => {
    const spool = createSpool(fileIn(dir()), silentLogger);
    const stays = late(1n);
    spool.keep(stays);
    const rounds = numbered(1500, 2);
    for (const finish of rounds) spool.keep(finish);
    await written(spool, rounds);
    for (const finish of rounds) spool.release(finish);
    const last = late(9999n);
    spool.keep(last);
    await written(spool, [last]);
    expect(finishesIn(fileIn(dir()))).toEqual([stays, last]);
    await spool.close();
  });

  it("writes itself anew where a newer process of its name has read and removed the file", async () => {
    const spool = createSpool(fileIn(dir()), silentLogger);
    const [first, second] = [late(1n), late(2n)];
    spool.keep(first);
    await written(spool, [first]);
    rmSync(fileIn(dir()));
    spool.keep(second);
    await written(spool, [second]);
    expect(finishesIn(fileIn(dir()))).toEqual([first, second]);
    await spool.close();
  });

  it("after any crash replays the finishes that it held, and none twice or out of order", async () => {
    // 0: keep the next one; n: release the oldest of those kept.
    const steps = fc.array(fc.constantFrom("keep", "keep", "keep", "release", "settle"), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(anyFinish), async (todo, source) => {
        const file = join(mkdtempSync(join(dir(), "run-")), "w.1.jsonl");
        const spool = createSpool(file, silentLogger);
        const all: Finish[] = [];
        const waiting: Finish[] = [];
        for (const step of todo) {
          if (step === "keep") {
            // Each one an object of its own.
            const finish = { ...source.next().value };
            all.push(finish);
            waiting.push(finish);
            spool.keep(finish);
          } else if (step === "release") {
            const finish = waiting.shift();
            if (finish) spool.release(finish);
          } else {
            await new Promise(setImmediate);
          }
          const held = waiting.filter((finish) => spool.holds(finish));
          const replayed = existsSync(file) ? finishesIn(file) : [];
          expect(all.map(lineOf).join("")).toContain(replayed.map(lineOf).join(""));
          expect(replayed.map(lineOf)).toEqual(expect.arrayContaining(held.map(lineOf)));
        }
        await spool.close();
        expect(existsSync(file) ? finishesIn(file).slice(-waiting.length || undefined) : []).toEqual(waiting);
      }),
      { numRuns: 50 },
    );
  });
});
