import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/domain/duration.ts";
import { expectTaken, expectTakenByWorker } from "../support/known-settings.ts";
import { environmentOf, UNITS, type Unit } from "../support/systemd.ts";

const CLI = "/usr/bin/node /opt/tts-monitor/dist/cli.js ";
const CREDENTIALS = "%d/";
// What the last writes of a worker may take after its grace (src/worker/drain.ts).
const LAST_WRITES_MS = 10_000;

function unit(name: string): Unit {
  const found = UNITS.find((one) => one.name === name);
  if (!found) throw new Error(`there is no unit ${name}`);
  return found;
}

const exporter = unit("tts-monitor.service");
const migration = unit("tts-monitor-migrate.service");
const worker = unit("tts-worker@.service");

describe("every unit", () => {
  it("has no right of root's, no limitless memory and a disk that it cannot write", () => {
    expect(UNITS).toHaveLength(3);
    for (const { name, one } of UNITS) {
      for (const directive of ["DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp"]) {
        expect(one(directive), `${name}: ${directive}`).toBe("yes");
      }
      expect(one("ProtectSystem"), name).toBe("strict");
      expect(one("CapabilityBoundingSet"), name).toBe("");
      expect(one("MemoryMax"), name).toMatch(/^\d+[MG]$/);
    }
  });

  it("leaves V8 its memory, and Node.js /proc/meminfo", () => {
    for (const { all } of UNITS) {
      expect([...all("MemoryDenyWriteExecute"), ...all("ProcSubset")]).toEqual([]);
    }
  });

  it("reads passwords and tokens from credentials, each of which it loads", () => {
    for (const one of UNITS) {
      const loaded = one.all("LoadCredential").map((line) => line.split(":")[0] ?? "");
      const environment = environmentOf(one);
      const read = Object.values(environment).filter((value) => value.startsWith(CREDENTIALS));
      expect(read.toSorted(), one.name).toEqual(loaded.map((name) => CREDENTIALS + name).toSorted());
      for (const value of Object.values(environment)) expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/);
    }
  });
});

describe("the program", () => {
  it.each([
    [exporter, "serve"],
    [migration, "migrate"],
  ] as const)("of $name is a command, and takes its variables", (one, command) => {
    const [word, ...flags] = one.one("ExecStart").replace(CLI, "").split(" ");
    expect(one.one("ExecStart")).toMatch(CLI);
    expect(existsSync("src/cli.ts")).toBe(true);
    expect(word).toBe(command);
    expectTaken(command, flags, environmentOf(one), CREDENTIALS);
  });

  it("of a worker takes its variables, and its name from the instance", () => {
    const environment = environmentOf(worker);
    expectTakenByWorker(environment, CREDENTIALS);
    expect(environment["WORKER_NAME"]).toBe("%i");
    expect(worker.all("StateDirectory").map((folder) => `%S/${folder}`)).toEqual([
      environment["TTS_MONITOR_WORKER_SPOOL_DIR"],
    ]);
  });

  it("is given longer to end than it takes", () => {
    const { shutdown } = expectTaken("serve", [], environmentOf(exporter), CREDENTIALS) as {
      shutdown: { grace: number };
    };
    expect(parseDuration(exporter.one("TimeoutStopSec"))).toBeGreaterThan(shutdown.grace);
    expect(parseDuration(worker.one("TimeoutStopSec"))).toBeGreaterThan(shutdown.grace + LAST_WRITES_MS);
  });

  it("comes back when it failed, and the migration before it", () => {
    expect(exporter.one("Restart")).toBe("on-failure");
    expect(worker.one("Restart")).toBe("always");
    expect([migration.one("Type"), migration.one("Before")]).toEqual(["oneshot", exporter.name]);
  });
});
