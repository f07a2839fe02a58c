import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { startNode } from "../support/processes.ts";

const CLI = resolve("dist/cli.js");

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  return { status, stdout, stderr };
}

describe("tts-monitor", () => {
  it.each([[["--version"]], [["serve", "--version"]], [["demo", "--rate=1", "--version"]]])(
    "tells its version where the words are %j",
    (args) => {
      expect(run(...args)).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    },
  );

  it.each([[[]], [["--help"]], [["-h"]], [["help"]], [["help", "nobody"]]])(
    "lists its commands where the words are %j",
    (args) => {
      const { status, stdout, stderr } = run(...args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      for (const command of [
        "serve",
        "migrate",
        "migrate down",
        "demo",
        "doctor",
        "audit",
        "export",
        "import",
        "prune",
        "limit",
      ])
        expect(stdout).toMatch(RegExp(`^ +${command} +\\w`, "m"));
    },
  );

  it.each([[["serve", "--help"]], [["serve", "--task.timeout=nonsense", "-h"]], [["help", "serve"]]])(
    "lists a command's flags where the words are %j",
    (args) => {
      const { status, stdout, stderr } = run(...args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("--task.timeout DURATION");
      expect(stdout).not.toContain("--rate");
    },
  );

  it.each([[["migrate", "down", "--help"]], [["help", "migrate", "down"]]])(
    "lists the flags of a command of two words where the words are %j",
    (args) => {
      const { status, stdout, stderr } = run(...args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("Usage: tts-monitor migrate down [flags]");
      expect(stdout).toContain("--force");
      expect(stdout).not.toContain("--track-app-tables");
    },
  );

  it.each([
    [["nobody"], 'tts-monitor: unknown command; "tts-monitor --help" lists the commands'],
    [["--task.timeout=1m"], 'tts-monitor: unknown command; "tts-monitor --help" lists the commands'],
    [["toString"], 'tts-monitor: unknown command; "tts-monitor --help" lists the commands'],
    [
      ["serve", "--no-such-flag"],
      'tts-monitor: unknown flag --no-such-flag; "tts-monitor serve --help" lists the flags',
    ],
    [["migrate", "up"], 'tts-monitor: unexpected argument up; "tts-monitor migrate --help" lists the flags'],
    [
      ["migrate", "--log.level=warn", "down"],
      'tts-monitor: unexpected argument down; "tts-monitor migrate --help" lists the flags',
    ],
    [
      ["migrate", "down", "tts_monitor"],
      'tts-monitor: unexpected argument tts_monitor; "tts-monitor migrate down --help" lists the flags',
    ],
    [
      ["migrate", "down", "--untrack-app-tables"],
      'tts-monitor: unknown flag --untrack-app-tables; "tts-monitor migrate down --help" lists the flags',
    ],
    [
      ["migrate", "down", "--force"],
      "tts-monitor: --database.url (or TTS_MONITOR_DATABASE_URL or DATABASE_URL) is required",
    ],
    [["demo", "--workers=0"], "tts-monitor: --workers must be a whole number from 1 to 64"],
    [["migrate"], "tts-monitor: --database.url (or TTS_MONITOR_DATABASE_URL or DATABASE_URL) is required"],
  ])("answers %j with one line and exit code 2", (args, line) => {
    expect(run(...args)).toEqual({ status: 2, stdout: "", stderr: `${line}\n` });
  });

  it("ends with 1 and one line without stack or password where a command fails", () => {
    const { status, stdout, stderr } = run("migrate", "--database.url=postgres://u:hunter2@127.0.0.1:1/d");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^tts-monitor: .*(database|PostgreSQL).*\n$/);
    expect(stderr).not.toMatch(/hunter2|\bat /);
  });

  it("says nothing where the reader of its output has gone", async () => {
    const child = spawn(process.execPath, [CLI, "serve", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const closed = once(child, "close");
    expect(await text(child.stderr)).toBe("");
    expect(await closed).toEqual([0, null]);
  });
});

describe("a command that was asked to stop", () => {
  const start = async (whenStopping: string) => {
    const command = startNode([
      "--input-type=module",
      "--eval",
      `import { stopSignal } from ${JSON.stringify(resolve("dist/commands/stop-signal.js"))};
      stopSignal().onabort = () => { console.log("stopping"); ${whenStopping} };
      console.log("running");
      setInterval(() => {}, 1000);`,
    ]);
    await command.line(/^running$/);
    return command;
  };

  it.each(["SIGINT", "SIGTERM"] as const)("finishes after the first %s", async (signal) => {
    const command = await start("setTimeout(() => process.exit(0), 10)");
    command.signal(signal);
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });

  it("exits with 1 at the second signal", async () => {
    const command = await start("");
    command.signal("SIGINT");
    await command.line(/^stopping$/);
    await sleep(200);
    command.signal("SIGTERM");
    expect(await command.exited).toEqual({ code: 1, signal: null });
  });

  it("takes a Ctrl-C that arrives twice, once by way of npm, for one", async () => {
    const again = 'process.kill(process.pid, "SIGINT")';
    const command = await start(`${again}; setTimeout(() => process.exit(0), 50)`);
    command.signal("SIGINT");
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });
});
