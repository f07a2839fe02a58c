import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { listSpools, prepareSpoolDir, removeHalfWritten, spoolFile } from "../../src/worker/spool-dir.ts";
import { useSpoolDir } from "../support/spools.ts";

const INSTALLATION = "0c8d5a1e-5b0f-4f0e-9a53-0c6f1d6e2b11";
const dir = useSpoolDir();

describe("the directory of spools", () => {
  it("gives each worker its own files, the oldest first, whatever dots its name has", async () => {
    const make = (worker: string, incarnation: bigint) => {
      const file = spoolFile(dir(), { worker, incarnation }, INSTALLATION);
      writeFileSync(file, "");
      return file;
    };
    const [ninth, tenth] = [make("w", 9n), make("w", 10n)];
    const other = make("w.9", 3n);
    for (const name of ["w.1.jsonl", "w.1.x.jsonl", "notes", `${ninth}.new`, `${ninth}.lost`]) {
      writeFileSync(name.startsWith("/") ? name : join(dir(), name), "");
    }
    const files = async (worker: string) => (await listSpools(dir(), worker)).map(({ file }) => file);
    expect(await files("w")).toEqual([ninth, tenth]);
    expect(await files("w.9")).toEqual([other]);
    expect(await files("W")).toEqual([]);
    expect((await listSpools(dir(), "w"))[1]).toEqual({
      file: tenth,
      slot: { worker: "w", incarnation: 10n },
      installation: INSTALLATION,
    });
    await removeHalfWritten(dir(), "w.9");
    expect(existsSync(`${ninth}.new`)).toBe(true);
    await removeHalfWritten(dir(), "w");
    expect(existsSync(`${ninth}.new`)).toBe(false);
    expect(await files("w")).toEqual([ninth, tenth]);
  });

  it("is made where it is missing, and refused by its option's name where it is none", async () => {
    const nested = join(dir(), "a", "b");
    await prepareSpoolDir(nested);
    expect(statSync(nested).isDirectory()).toBe(true);
    const file = join(dir(), "file");
    writeFileSync(file, "");
    for (const wrong of [file, join(file, "below"), "/sys/tts-monitor"]) {
      const refused = prepareSpoolDir(wrong);
      await expect(refused).rejects.toBeInstanceOf(ConfigError);
      await expect(refused).rejects.toThrow(/spoolDir.*TTS_MONITOR_WORKER_SPOOL_DIR/);
    }
  });
});
