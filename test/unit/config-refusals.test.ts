import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COMMANDS, type CommandName, variablesOf } from "../../src/config/setting.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { loadConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";

/** The message of the ConfigError that a command line or environment ends in. */
function refusal(argv: string[], env: Record<string, string> = {}, command: CommandName = "serve"): string {
  try {
    loadConfig(command, argv, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error(`accepted: ${argv.join(" ")} ${JSON.stringify(env)}`);
}

describe("a refusal", () => {
  const DURATION = "such as 250ms, 5s or 40m";
  it.each([
    [["--task.timeot", "1m"], 'unknown flag --task.timeot; "tts-monitor serve --help" lists the flags'],
    [["--workers=1"], 'unknown flag --workers; "tts-monitor serve --help" lists the flags'],
    [["-x"], 'unknown flag -x; "tts-monitor serve --help" lists the flags'],
    [["--no-task.timeout"], 'unknown flag --no-task.timeout; "tts-monitor serve --help" lists the flags'],
    [["--__proto__=1"], 'unknown flag --__proto__; "tts-monitor serve --help" lists the flags'],
    [["now"], 'unexpected argument now; "tts-monitor serve --help" lists the flags'],
    [["--", "now"], 'unexpected argument now; "tts-monitor serve --help" lists the flags'],
    [["--collector.texts", "no"], 'unexpected argument no; "tts-monitor serve --help" lists the flags'],
    [["--task.timeout"], "--task.timeout needs a value"],
    [["--task.timeout", "--log.level"], "--task.timeout needs a value"],
    [["--no-collector.texts=true"], "--no-collector.texts takes no value"],
    [["--collector.texts=yes"], "--collector.texts must be true or false"],
    [["--task.timeout="], `--task.timeout must be a duration from 1ms to 24d, ${DURATION}`],
    [["--task.timeout", "0s"], `--task.timeout must be a duration from 1ms to 24d, ${DURATION}`],
    [["--task.timeout", "-1s"], `--task.timeout must be a duration from 1ms to 24d, ${DURATION}`],
    [["--task.timeout=25d"], `--task.timeout must be a duration from 1ms to 24d, ${DURATION}`],
    [["--sweep.interval=Infinity"], `--sweep.interval must be a duration from 1ms to 24d, ${DURATION}`],
    [["--concurrency.global=NaN"], "--concurrency.global must be a whole number from 1 to 2147483647"],
    [["--concurrency.global=0"], "--concurrency.global must be a whole number from 1 to 2147483647"],
    [["--concurrency.global=-1"], "--concurrency.global must be a whole number from 1 to 2147483647"],
    [["--concurrency.global=1.5"], "--concurrency.global must be a whole number from 1 to 2147483647"],
    [["--concurrency.global=1e3"], "--concurrency.global must be a whole number from 1 to 2147483647"],
    [["--data-dir="], "--data-dir must be a directory's path"],
    [["--log.level=loud"], "--log.level must be debug or info or warn or error"],
    [["--heartbeat.timeout=5s"], "--heartbeat.timeout (5s) must be longer than --heartbeat.interval (5s)"],
    [["--heartbeat.interval=1m"], "--heartbeat.timeout (30s) must be longer than --heartbeat.interval (1m)"],
  ])("of %j says what is accepted", (argv, message) => {
    expect(refusal(argv)).toBe(message);
  });

  it("names the variable where the value came from one", () => {
    const env = { TTS_MONITOR_HEARTBEAT_INTERVAL: "2m" };
    expect(refusal(["--heartbeat.timeout=1m"], env)).toBe(
      "--heartbeat.timeout (1m) must be longer than TTS_MONITOR_HEARTBEAT_INTERVAL (2m)",
    );
    expect(refusal([], { TTS_MONITOR_TASK_TIMEOUT: "" })).toMatch(/^TTS_MONITOR_TASK_TIMEOUT must be /);
    expect(refusal([], { DATABASE_URL: "" })).toMatch(/^DATABASE_URL must be a URL like postgres:/);
  });

  it.each([
    "mysql://user:hunter2@host/db",
    "http://user:hunter2@host/db",
    "host=localhost password=hunter2",
    "postgres://user:hunter2@host:99999/db",
    "postgres://user:hunter2%ZZ@host/db",
    "user:hunter2@host",
  ])("of the database URL %s never shows its password", (url) => {
    const messages = [
      refusal([`--database.url=${url}`]),
      refusal(["--database.url", url]),
      refusal([], { DATABASE_URL: url }),
      refusal([url]),
      refusal([`--${url}`]),
      refusal([`--databaseurl=${url}`]),
      refusal([`--web.listen-address=${url}`]),
    ];
    expect(messages.join()).not.toContain("hunter2");
  });

  it.each(["/", "metrics", "/a b", "/a/:id", "/*", "/../x", "/-/ready", "/api/x", "/SD", "/monitor", "/a?b"])(
    "meets the telemetry path %s",
    (path) => {
      expect(refusal([`--web.telemetry-path=${path}`])).toMatch(/^--web.telemetry-path must be a path/);
    },
  );

  it.each(["migrate", "audit", "prune", "limit"] as const)("meets `%s` without a database", (command) => {
    expect(refusal([], {}, command)).toBe(
      "--database.url (or TTS_MONITOR_DATABASE_URL or DATABASE_URL) is required",
    );
  });

  it("meets opposites at once", () => {
    expect(
      refusal(["--database.url=postgres://h/d", "--concurrency.global=3", "--unlimited"], {}, "limit"),
    ).toBe("--concurrency.global and --unlimited exclude each other");
    const argv = ["--database.url=postgres://h/d", "--track-app-tables", "--untrack-app-tables"];
    expect(refusal(argv, {}, "migrate")).toBe(
      "--track-app-tables and --untrack-app-tables exclude each other",
    );
  });

  it("is one printable line, whatever the words and variables", () => {
    const flag = fc.constantFrom(...Object.keys(SETTINGS)).map((name) => `--${name}`);
    const garbage = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."\n\0\u001b=-. 0\u2028点") }));
    const joined = fc.tuple(flag, garbage).map(([name, text]) => `${name}=${text}`);
    const variable = fc.constantFrom(
      ...Object.entries(SETTINGS).flatMap(([name, setting]) => variablesOf(name, setting)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...COMMANDS),
        fc.array(fc.oneof(flag, garbage, joined)),
        fc.dictionary(variable, garbage),
        (command, argv, env) => {
          try {
            loadConfig(command, argv, env);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
            expect((error as ConfigError).message).toMatch(/^[ -~]+$/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
