import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { type Logger, silentLogger } from "../../src/logger.ts";
import { type Finish, lineOf, parseSpool } from "../../src/worker/finish-record.ts";
import { createSpool, type Spool } from "../../src/worker/spool.ts";
import { listSpools, prepareSpoolDir, removeHalfWritten, spoolFile } from "../../src/worker/spool-dir.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

const INSTALLATION = "0c8d5a1e-5b0f-4f0e-9a53-0c6f1d6e2b11";
const late = (taskId: bigint): Finish => ({ kind: "late", taskId });
const numbered = (count: number, first = 1) =>
  Array.from({ length: count }, (_, i) => late(BigInt(first + i)));

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tts-monitor-spool-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});
const fileIn = (folder: string) => join(folder, "w.1.jsonl");
const finishesIn = (file: string) => parseSpool(readFileSync(file, "utf8")).finishes;

/** Waits until the disk has them all. */
const written = (spool: Spool, finishes: readonly Finish[]) =>
  vi.waitFor(() => expect(finishes.every((finish) => spool.holds(finish))).toBe(true), { timeout: 10_000 });

/** What all open files share, to watch or to fail their calls. */
async function fileHandles(): Promise<FileHandle> {
  const handle = await open(join(dir, "any"), "w");
  await handle.close();
  rmSync(join(dir, "any"));
  return Object.getPrototypeOf(handle);
}

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

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const taskId = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const anyFinish: fc.Arbitrary<Finish> = fc.oneof(
  taskId.map(late),
  taskId.map((id): Finish => ({ kind: "expire", taskId: id })),
  fc.record({
    kind: fc.constant("end" as const),
    taskId,
    ending: fc.oneof(
      fc.record({
        outcome: fc.constant("completed" as const),
        reason: fc.constant(null),
        errorMessage: fc.constant(null),
        audio: fc.record({ audioUrl: text, filename: text, fileSize: fc.maxSafeNat() }),
      }),
      fc.record({
        outcome: fc.constant("failed" as const),
        reason: fc.constant("provider_error" as const),
        errorMessage: text,
        audio: fc.constant(null),
      }),
    ),
  }),
);

describe("the spool", () => {
  it("has no file while nothing waits, and none again when the last finish is released", async () => {
    const file = fileIn(dir);
    const spool = createSpool(file, silentLogger);
    const [first, second] = [late(1n), late(2n)];
    expect(readdirSync(dir)).toEqual([]);
    spool.keep(first);
    spool.keep(second);
    await written(spool, [first, second]);
    expect(finishesIn(file)).toEqual([first, second]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    spool.release(first);
    expect(existsSync(file)).toBe(true);
    spool.release(second);
    await spool.close();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("holds all that was kept, in order, after its close", async () => {
    const spool = createSpool(fileIn(dir), silentLogger);
    const finishes = numbered(500);
    for (const finish of finishes) spool.keep(finish);
    await spool.close();
    expect(finishesIn(fileIn(dir))).toEqual(finishes);
    expect(finishes.every((finish) => spool.holds(finish))).toBe(true);
  });

  it("syncs once for all that has gathered meanwhile", async () => {
    const spool = createSpool(fileIn(dir), silentLogger);
    const finishes = numbered(300);
    const datasync = vi.spyOn(await fileHandles(), "datasync");
    for (const finish of finishes) spool.keep(finish);
    await written(spool, finishes);
    // The first one made the file; the others came while it did.
    expect(datasync).toHaveBeenCalledTimes(1);
    await spool.close();
  });

  it("holds nothing of what the disk did not sync, and writes it once when it does", async () => {
    const { log, lines } = countingLog();
    const spool = createSpool(fileIn(dir), log);
    const [first, ...rest] = numbered(10);
    if (!first) throw new Error("no first");
    spool.keep(first);
    await written(spool, [first]);
    const datasync = vi.spyOn(await fileHandles(), "datasync");
    datasync.mockRejectedValueOnce(Object.assign(new Error("i/o error"), { code: "EIO" }));
    for (const finish of rest) spool.keep(finish);
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect([first, ...rest].filter((finish) => spool.holds(finish))).toEqual([first]);
    expect(finishesIn(fileIn(dir))).toEqual([first]);
    spool.retry();
    await written(spool, rest);
    expect(finishesIn(fileIn(dir))).toEqual([first, ...rest]);
    await spool.close();
  });

  it("is small again where much was released while one finish stays", async () => {
    const spool = createSpool(fileIn(dir), silentLogger);
    const stays = late(1n);
    spool.keep(stays);
    const rounds = numbered(1500, 2);
    for (const finish of rounds) spool.keep(finish);
    await written(spool, rounds);
    for (const finish of rounds) spool.release(finish);
    const last = late(9999n);
    spool.keep(last);
    await written(spool, [last]);
    expect(finishesIn(fileIn(dir))).toEqual([stays, last]);
    await spool.close();
  });

  it("writes itself anew where a newer process of its name has read and removed the file", async () => {
    const spool = createSpool(fileIn(dir), silentLogger);
    const [first, second] = [late(1n), late(2n)];
    spool.keep(first);
    await written(spool, [first]);
    rmSync(fileIn(dir));
    spool.keep(second);
    await written(spool, [second]);
    expect(finishesIn(fileIn(dir))).toEqual([first, second]);
    await spool.close();
  });

  it("says once that it cannot be written, and has everything once it can", async () => {
    const folder = join(dir, "missing");
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

  it("after any crash replays the finishes that it held, and none twice or out of order", async () => {
    // 0: keep the next one; n: release the oldest of those kept.
    const steps = fc.array(fc.constantFrom("keep", "keep", "keep", "release", "settle"), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(anyFinish), async (todo, source) => {
        const file = join(mkdtempSync(join(dir, "run-")), "w.1.jsonl");
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

describe("what a spool is read as", () => {
  it("is what was written, whatever its texts", () => {
    fc.assert(
      fc.property(fc.array(anyFinish), (finishes) => {
        const parsed = parseSpool(finishes.map(lineOf).join(""));
        expect(parsed).toEqual({ finishes, broken: [], torn: false });
      }),
    );
  });

  it("is the complete lines, wherever the file breaks off", () => {
    fc.assert(
      fc.property(fc.array(anyFinish, { minLength: 1, maxLength: 5 }), fc.nat(), (finishes, at) => {
        const bytes = Buffer.from(finishes.map(lineOf).join(""));
        const cut = at % (bytes.length + 1);
        const parsed = parseSpool(bytes.subarray(0, cut).toString());
        let [whole, end] = [0, 0];
        // A line that lacks nothing but its end is whole.
        for (const finish of finishes) {
          end += Buffer.byteLength(lineOf(finish));
          if (cut >= end - 1) whole++;
        }
        expect(parsed.finishes).toEqual(finishes.slice(0, whole));
        expect(parsed.broken).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves aside a last line torn at any byte", () => {
    const first = lineOf(late(1n));
    const last = Buffer.from(
      lineOf({
        kind: "end",
        taskId: 2n,
        ending: { outcome: "failed", reason: "other", errorMessage: "太長 \u{1f600}", audio: null },
      }),
    );
    for (let cut = 1; cut < last.length - 1; cut++) {
      const parsed = parseSpool(first + last.subarray(0, cut).toString());
      expect(parsed, `cut at ${cut}`).toEqual({ finishes: [late(1n)], broken: [], torn: true });
    }
  });

  it("names the lines that are no finish, and has the others", () => {
    const bad = ["", "{}", "\0\0\0", '{"kind":"late","taskId":"0"}', '{"kind":"late","taskId":7}', "null"];
    const text = [lineOf(late(1n)), ...bad.map((line) => `${line}\n`), lineOf(late(2n))].join("");
    expect(parseSpool(text)).toEqual({
      finishes: [late(1n), late(2n)],
      broken: [2, 3, 4, 5, 6, 7],
      torn: false,
    });
  });

  it("has of an audio what we know of it, whatever else the handler put there", () => {
    const audio = { audioUrl: "/a.wav", filename: "a.wav", fileSize: 70_000 };
    const ending = { outcome: "completed", reason: null, errorMessage: null } as const;
    const line = lineOf({
      kind: "end",
      taskId: 1n,
      ending: { ...ending, audio: { ...audio, bytes: 1n } as typeof audio },
    });
    expect(parseSpool(line).finishes).toEqual([{ kind: "end", taskId: 1n, ending: { ...ending, audio } }]);
  });
});

describe("the directory of spools", () => {
  it("gives each worker its own files, the oldest first, whatever dots its name has", async () => {
    const make = (worker: string, incarnation: bigint) => {
      const file = spoolFile(dir, { worker, incarnation }, INSTALLATION);
      writeFileSync(file, "");
      return file;
    };
    const [ninth, tenth] = [make("w", 9n), make("w", 10n)];
    const other = make("w.9", 3n);
    for (const name of ["w.1.jsonl", "w.1.x.jsonl", "notes", `${ninth}.new`, `${ninth}.lost`]) {
      writeFileSync(name.startsWith("/") ? name : join(dir, name), "");
    }
    const files = async (worker: string) => (await listSpools(dir, worker)).map(({ file }) => file);
    expect(await files("w")).toEqual([ninth, tenth]);
    expect(await files("w.9")).toEqual([other]);
    expect(await files("W")).toEqual([]);
    expect((await listSpools(dir, "w"))[1]).toEqual({
      file: tenth,
      slot: { worker: "w", incarnation: 10n },
      installation: INSTALLATION,
    });
    await removeHalfWritten(dir, "w.9");
    expect(existsSync(`${ninth}.new`)).toBe(true);
    await removeHalfWritten(dir, "w");
    expect(existsSync(`${ninth}.new`)).toBe(false);
    expect(await files("w")).toEqual([ninth, tenth]);
  });

  it("is made where it is missing, and refused by its option's name where it is none", async () => {
    const nested = join(dir, "a", "b");
    await prepareSpoolDir(nested);
    expect(statSync(nested).isDirectory()).toBe(true);
    const file = join(dir, "file");
    writeFileSync(file, "");
    for (const wrong of [file, join(file, "below"), "/sys/tts-monitor"]) {
      const refused = prepareSpoolDir(wrong);
      await expect(refused).rejects.toBeInstanceOf(ConfigError);
      await expect(refused).rejects.toThrow(/spoolDir.*TTS_MONITOR_WORKER_SPOOL_DIR/);
    }
  });
});

describe("a full disk", () => {
  it("costs nothing that waits, and what it took before stays", async (context) => {
    const folder = join(dir, "full");
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
