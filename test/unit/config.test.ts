import { describe, expect, expectTypeOf, it } from "vitest";
import { COMMANDS, isOrder, variablesOf } from "../../src/config/setting.ts";
import { SETTINGS, settingsOf } from "../../src/config/settings.ts";
import { helpFor, loadConfig, loadWorkerSettings } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";

const serve = (argv: string[], env: Record<string, string> = {}) => loadConfig("serve", argv, env);

describe("the defaults", () => {
  it("are the documented ones", () => {
    expect(serve([])).toEqual({
      database: { url: undefined, passwordFile: undefined, listenUrl: undefined, migrate: false },
      dataDir: ".tts-monitor",
      web: {
        listenAddress: { host: undefined, port: 9560 },
        telemetryPath: "/metrics",
        configFile: undefined,
        corsOrigins: undefined,
      },
      api: { tokenFile: undefined },
      grafana: { url: undefined },
      sse: { maxClients: 10_000 },
      scrape: { timeoutOffset: 500 },
      collector: { texts: true },
      texts: { cache: 60_000 },
      task: { timeout: 2_400_000, pendingTimeout: 900_000 },
      heartbeat: { interval: 5_000, timeout: 30_000 },
      sweep: { interval: 5_000 },
      dedup: { window: 86_400_000 },
      concurrency: { global: undefined },
      slo: { latency: 60_000 },
      retention: { tasks: 7_776_000_000, workers: 86_400_000 },
      audit: { interval: 3_600_000 },
      shutdown: { grace: 30_000 },
      log: { level: "info", format: "json" },
    });
    expect(loadConfig("demo", [], {})).toMatchObject({
      texts: undefined,
      workers: 4,
      rate: 1,
      fault: { fail: 0.05, slow: 0.05, hang: 0.01, crash: 0.005 },
    });
  });

  it("have exact types", () => {
    const config = serve([]);
    expectTypeOf(config.task.pendingTimeout).toEqualTypeOf<number>();
    expectTypeOf(config.concurrency.global).toEqualTypeOf<number | undefined>();
    expectTypeOf(config.database.url).toEqualTypeOf<string | undefined>();
    expectTypeOf(config.log.format).toEqualTypeOf<"json" | "pretty">();
    expectTypeOf(config.web.listenAddress.host).toEqualTypeOf<string | undefined>();
    expectTypeOf(config).not.toHaveProperty("workers");
    const migrate = loadConfig("migrate", ["--database.url=postgres://h/d"], {});
    expectTypeOf(migrate.database.url).toEqualTypeOf<string>();
  });

  it("cannot be changed by who is handed the configuration", () => {
    const config = serve([]);
    for (const part of [config, ...Object.values(config), config.web.listenAddress]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe("precedence", () => {
  it("is flag, then environment, then default", () => {
    const env = { TTS_MONITOR_TASK_TIMEOUT: "2m" };
    expect(serve(["--task.timeout", "1m"], env).task.timeout).toBe(60_000);
    expect(serve([], env).task.timeout).toBe(120_000);
    expect(serve([]).task.timeout).toBe(2_400_000);
  });

  it("puts plain DATABASE_URL behind TTS_MONITOR_DATABASE_URL", () => {
    const env = { DATABASE_URL: "postgres://plain/d", TTS_MONITOR_DATABASE_URL: "postgres://own/d" };
    expect(serve([], env).database.url).toBe("postgres://own/d");
    expect(serve([], { DATABASE_URL: "postgres://plain/d" }).database.url).toBe("postgres://plain/d");
  });

  it("is the last flag's, where one is given twice", () => {
    expect(serve(["--task.timeout=1m", "--task.timeout=2m"]).task.timeout).toBe(120_000);
  });

  it("leaves alone the variables of other commands and of nobody", () => {
    expect(serve([], { TTS_MONITOR_WORKERS: "no number", TTS_MONITOR_NOBODY: "x" })).toEqual(serve([]));
  });
});

describe("a flag", () => {
  it.each([
    [["--collector.texts"], true],
    [["--no-collector.texts"], false],
    [["--collector.texts=false"], false],
    [["--no-collector.texts", "--collector.texts"], true],
  ])("that is a switch takes %j", (argv, value) => {
    expect(serve(argv, { TTS_MONITOR_COLLECTOR_TEXTS: String(!value) }).collector.texts).toBe(value);
  });

  it("of every setting is taken by each of its commands, in both forms and, but for orders, by variable", () => {
    const example: Record<string, string> = {
      URL: "postgres://h/d",
      "URL|none": "none",
      "HTTP-URL": "http://h",
      "ORIGIN,…": "https://h",
      FILE: "LICENSE",
      DURATION: "11s",
      "[HOST]:PORT": "127.0.0.1:0",
      PATH: "/m",
      DIR: "some/folder",
      ROLE: "some role",
      N: "1",
      "": "true",
      "debug|info|warn|error": "warn",
      "json|pretty": "pretty",
    };
    for (const command of COMMANDS) {
      for (const [name, setting] of settingsOf(command)) {
        // Of the two heartbeat settings, the example must leave the other's default the longer or the shorter one.
        const text =
          name === "heartbeat.interval" ? "2s" : (example[setting.kind.placeholder] ?? expect.fail(name));
        const env = { DATABASE_URL: "postgres://default/d" };
        const given = loadConfig(command, [`--${name}=${text}`], env);
        const [variable = ""] = variablesOf(name, setting);
        const byVariable = loadConfig(command, [], { ...env, [variable]: text });
        if (isOrder(setting, command)) expect(byVariable, name).toEqual(loadConfig(command, [], env));
        else expect(byVariable, variable).toEqual(given);
        const words = text === "true" ? [`--${name}`] : [`--${name}`, text];
        expect(loadConfig(command, words, env), name).toEqual(given);
        if (text !== setting.default) expect(given, name).not.toEqual(loadConfig(command, [], env));
      }
    }
  });
});

describe("the library's settings", () => {
  it("come from the environment", () => {
    const env = { DATABASE_URL: "postgres://h/d", TTS_MONITOR_HEARTBEAT_INTERVAL: "250ms" };
    expect(loadWorkerSettings(env)).toEqual({
      database: { url: "postgres://h/d", listenUrl: undefined },
      web: { configFile: undefined },
      task: { timeout: 2_400_000 },
      heartbeat: { interval: 250, timeout: 30_000 },
      dedup: { window: 86_400_000 },
      shutdown: { grace: 30_000 },
      worker: { spoolDir: undefined },
      log: { level: "info", format: "json" },
    });
  });

  it("are not read where the caller's options answer them", () => {
    const env = { DATABASE_URL: "mysql://another/program" };
    expect(() => loadWorkerSettings(env)).toThrow(ConfigError);
    expect(loadWorkerSettings(env, ["database.url"]).database.url).toBeUndefined();
  });
});

describe("the help", () => {
  it.each(COMMANDS)("of %s lists its flags and variables within 100 columns", (command) => {
    const help = helpFor(command);
    for (const [name, setting] of settingsOf(command)) {
      expect(help).toContain(name);
      for (const variable of variablesOf(name, setting)) {
        expect(help.includes(variable), variable).toBe(!isOrder(setting, command));
      }
    }
    for (const line of help.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
  });
});

describe("the list of settings", () => {
  it("gives no two settings one variable, and no command a setting that is another's group", () => {
    const all = Object.entries(SETTINGS).flatMap(([name, setting]) => variablesOf(name, setting));
    expect(new Set(all).size).toBe(all.length);
    for (const command of COMMANDS) {
      const names = settingsOf(command).map(([name]) => name);
      const groups = names.filter((name) => name.includes(".")).map((name) => name.split(".")[0]);
      expect(names.filter((name) => groups.includes(name))).toEqual([]);
    }
  });
});
