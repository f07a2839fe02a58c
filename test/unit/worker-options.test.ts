import { hostname } from "node:os";
import { resolve } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { addressToAdvertise, resolveOptions } from "../../src/worker/options.ts";

const settings = (options: object) =>
  resolveOptions({ databaseUrl: "postgres://localhost/x", worker: "w", ...options });

afterEach(() => vi.unstubAllEnvs());

describe("the options of a worker", () => {
  it("take durations as text or as milliseconds", () => {
    expect(settings({ taskTimeout: "40m", shutdownGrace: 0, dedupWindow: "90d" })).toMatchObject({
      taskTimeout: 2_400_000,
      shutdownGrace: 0,
      dedupWindow: 7_776_000_000,
    });
  });

  it("refuse what a timer cannot hold, and what is no duration", () => {
    for (const taskTimeout of ["25d", 0, -1, Number.NaN, "soon"]) {
      expect(() => settings({ taskTimeout })).toThrow("the option taskTimeout must be a duration");
    }
  });

  it("refuse an address of the database that the driver could not read, and do not repeat its password", () => {
    for (const databaseUrl of ["mysql://localhost/x", "postgres://me:se%cret@localhost/x"]) {
      expect(() => settings({ databaseUrl })).toThrow(/^the option databaseUrl must be a URL like [^%]+$/);
    }
  });

  it("LISTEN where the database is, unless another address is given, or none", () => {
    const listenUrl = (options: object) => settings(options).listenUrl;
    expect(listenUrl({})).toBe("postgres://localhost/x");
    expect(listenUrl({ listenUrl: "postgres://direct/x" })).toBe("postgres://direct/x");
    expect(listenUrl({ listenUrl: "none" })).toBeUndefined();
    vi.stubEnv("TTS_MONITOR_DATABASE_LISTEN_URL", "none");
    expect(listenUrl({})).toBeUndefined();
    expect(listenUrl({ listenUrl: "postgres://direct/x" })).toBe("postgres://direct/x");
    expect(() => listenUrl({ listenUrl: "nowhere" })).toThrow("the option listenUrl must be a URL like");
    vi.stubEnv("TTS_MONITOR_DATABASE_LISTEN_URL", "nowhere");
    expect(() => listenUrl({})).toThrow("TTS_MONITOR_DATABASE_LISTEN_URL must be a URL like");
  });

  it("take a name of letters, digits, `_`, `.` and `-`, of 64 at most", () => {
    for (const worker of ["tts_Worker-1.eu", "_", "x".repeat(64)])
      expect(settings({ worker }).worker).toBe(worker);
    for (const worker of ["", "x".repeat(65), "a b", "wörker", "w\n", "a/b", 'w"']) {
      expect(() => settings({ worker })).toThrow("the option worker must be 1 to 64 of");
    }
  });

  it("refuse an address that Prometheus must not scrape", () => {
    for (const advertiseAddress of ["169.254.169.254:80", ":9561", "host:0", 'host:1"}', "host:1/path"]) {
      expect(() => settings({ advertiseAddress })).toThrow("the option advertiseAddress must be");
    }
  });
});

describe("the directory of a worker's spool", () => {
  it("is the option's, else the variable's, else nowhere, wherever the process goes later", () => {
    expect(settings({}).spoolDir).toBeUndefined();
    vi.stubEnv("TTS_MONITOR_WORKER_SPOOL_DIR", "/var/spool/tts");
    expect(settings({}).spoolDir).toBe("/var/spool/tts");
    expect(settings({ spoolDir: "spool" }).spoolDir).toBe(resolve("spool"));
  });

  it("is refused by the name of the option or the variable", () => {
    expect(() => settings({ spoolDir: "" })).toThrow("the option spoolDir must be a directory's path");
    vi.stubEnv("TTS_MONITOR_WORKER_SPOOL_DIR", " ");
    expect(() => settings({})).toThrow("TTS_MONITOR_WORKER_SPOOL_DIR must be a directory's path");
  });
});

describe("the address that a worker advertises", () => {
  const advertised = (options: object, port: number) => addressToAdvertise(settings(options), port);

  it("is the one given, else the host that it listens on with the port that it got", () => {
    expect(advertised({ listen: ":0", advertiseAddress: "tts.example:80" }, 4711)).toBe("tts.example:80");
    expect(advertised({ listen: "127.0.0.1:0" }, 4711)).toBe("127.0.0.1:4711");
    expect(advertised({ listen: "[::1]:0" }, 4711)).toBe("[::1]:4711");
  });

  it("is this machine's name where it listens on every interface", () => {
    for (const listen of [":9561", "0.0.0.0:9561", "[::]:9561"]) {
      expect(advertised({ listen }, 9561)).toBe(`${hostname()}:9561`);
    }
  });
});

describe("the file of a worker's TLS and basic auth", () => {
  it("is the option's, else the variable's, else none", () => {
    expect(settings({}).webConfigFile).toBeUndefined();
    vi.stubEnv("TTS_MONITOR_WEB_CONFIG_FILE", "/etc/tts/web.yml");
    expect(settings({}).webConfigFile).toBe("/etc/tts/web.yml");
    expect(settings({ webConfigFile: "web.yml" }).webConfigFile).toBe(resolve("web.yml"));
    expect(() => settings({ webConfigFile: "" })).toThrow("the option webConfigFile must be a file's path");
  });
});
