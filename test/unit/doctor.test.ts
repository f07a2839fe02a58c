import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { linesOf } from "../../src/commands/doctor.ts";
import { loadConfig } from "../../src/config.ts";
import { grantCommand, resetCommand } from "../../src/doctor/commands.ts";
import { encryptionCheck } from "../../src/doctor/encryption.ts";
import { judgeServer } from "../../src/doctor/server.ts";

describe("a finding's lines", () => {
  it("are one, and one for the hint, whatever stands in a name", () => {
    expect(linesOf("clock", { level: "ok", found: "right" })).toEqual(["ok    clock: right"]);
    expect(linesOf("sessions", { level: "fail", found: "a\nok  b\u001b[2J", hint: "end\r\nit" })).toEqual([
      "fail  sessions: a\\u000aok  b\\u001b[2J",
      "      hint: end\\u000d\\u000ait",
    ]);
  });
});

describe("the database's version", () => {
  const server = {
    standby: false,
    readOnly: false,
    source: "default",
    role: "tts",
    database: "tts",
  };
  it.each([
    [12, "fail", /^upgrade PostgreSQL: versions 13 to 18 are supported$/],
    [13, "ok", undefined],
    [18, "ok", undefined],
    [19, "warn", /^newer than what this release was tested with/],
  ])("%d is %s", (major, level, hint) => {
    expect(judgeServer({ ...server, major, version: `${major}.1` }, "db:5432")).toEqual({
      level,
      found: `PostgreSQL ${major}.1 at db:5432, database tts, role tts`,
      ...(hint && { hint: expect.stringMatching(hint) }),
    });
  });
});

describe("the link to the database", () => {
  // Asks nothing: the pool is never used.
  const pool = new pg.Pool();
  afterAll(() => pool.end());
  it.each([
    ["postgres://u:p@db.example.org/d", "warn"],
    ["postgres://u:p@10.0.0.1/d?sslmode=disable", "warn"],
    ["postgres://u:p@db.example.org/d?sslmode=verify-full", "ok"],
    ["postgres://u:p@127.0.0.1:6432/d", "ok"],
    ["postgres://u:p@[::1]/d", "ok"],
    ["postgres:///d?host=/var/run/postgresql", "ok"],
  ])("of %s is %s", async (url, level) => {
    const finding = await encryptionCheck.look({ url, pool, config: loadConfig("doctor", [], {}) });
    expect(finding).toMatchObject({ level });
    if (level === "warn")
      expect(finding).toMatchObject({ hint: expect.stringContaining("sslmode=verify-full") });
  });
});

describe("a command in a hint", () => {
  it("quotes the role for the shell", () => {
    expect(grantCommand("tts")).toMatch(/ --grant.writer tts`$/);
    expect(grantCommand("tts writer's")).toMatch(/ --grant.writer 'tts writer'\\''s'`$/);
  });

  it.each([
    ["user", '`alter role "a" reset x`'],
    ["database", '`alter database "d" reset x`'],
    ["database user", '`alter role "a" in database "d" reset x`'],
    ["configuration file", "take x out of PostgreSQL's configuration, then `select pg_reload_conf()`"],
  ])("undoes a setting where it was made: %s", (source, command) => {
    expect(resetCommand({ name: "x", source, role: "a", database: "d" })).toBe(command);
  });
});
