import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { loadConfig, loadWorkerSettings } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "tts-monitor-password-"));
const file = join(folder, "password");
afterAll(() => rmSync(folder, { recursive: true }));

const FILE = "TTS_MONITOR_DATABASE_PASSWORD_FILE";

/** The settings of `serve` where the file holds this. */
function withFile(content: string, url = "postgres://me@h:1/d", more: Record<string, string> = {}) {
  writeFileSync(file, content);
  return loadConfig("serve", [`--database.url=${url}`], { [FILE]: file, ...more }).database;
}

describe("a password from a file", () => {
  it("reaches the driver as it is, whatever it is made of", () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: "grapheme", minLength: 1 })
          .filter((text) => text.isWellFormed() && !/[\r\n]/.test(text)),
        (password) => {
          const { url } = withFile(password);
          expect(new pg.Client({ connectionString: url }).password).toBe(password);
        },
      ),
    );
  });

  it("is without the line break at the file's end, and with any other space", () => {
    for (const content of [" a b ", " a b \n", " a b \r\n"]) {
      expect(new pg.Client({ connectionString: withFile(content).url }).password).toBe(" a b ");
    }
  });

  it("leaves the rest of the URL, and a password that stands in it", () => {
    expect(withFile("p\n").url).toBe("postgres://me:p@h:1/d");
    expect(withFile("p\n", "postgres://me:own@h:1/d?sslmode=require").url).toBe(
      "postgres://me:own@h:1/d?sslmode=require",
    );
  });

  it("opens the address to LISTEN on as well", () => {
    const listen = (url: string) =>
      withFile("p", undefined, { TTS_MONITOR_DATABASE_LISTEN_URL: url }).listenUrl;
    expect(listen("postgres://me@direct/d")).toBe("postgres://me:p@direct/d");
    expect(listen("none")).toBe("none");
  });

  it("is a worker's as well, but for a URL that its caller gives", () => {
    writeFileSync(file, "p");
    const environment = { DATABASE_URL: "postgres://me@h/d", [FILE]: file };
    expect(loadWorkerSettings(environment).database.url).toBe("postgres://me:p@h/d");
    expect(loadWorkerSettings(environment, ["database.url"]).database.url).toBeUndefined();
  });
});

describe("what is wrong with it is said in a line that names the setting, and never tells the password", () => {
  it.each([
    ["a file that is not there", "postgres://h/d", join(folder, "none"), `${FILE} cannot be read (ENOENT)`],
    ["a folder", "postgres://h/d", folder, `${FILE} cannot be read (EISDIR)`],
    [
      "a database that has no host",
      "postgres:///d?host=/run",
      file,
      `${FILE} wants a host in the database's URL`,
    ],
  ])("%s", (_, url, path, message) => {
    writeFileSync(file, "hidden");
    const load = () => loadConfig("migrate", [`--database.url=${url}`], { [FILE]: path });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(message);
  });

  it.each(["", "\n"])("an empty one: %j", (content) => {
    expect(() => withFile(content)).toThrow(`${FILE} is empty`);
  });

  it("no database, which would be the embedded one's", () => {
    expect(() => loadConfig("serve", [], { [FILE]: file })).toThrow(`${FILE} needs --database.url`);
  });
});
